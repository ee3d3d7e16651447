"""`/_control/…`: what tests and developers order; Razorpay has no such paths."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from apps.sandbox.answer import NOT_FOUND, Answer
from apps.sandbox.razorpay.payouts import Manners as PayoutManners
from apps.sandbox.razorpay.store import shown
from apps.sandbox.razorpay.validations import Manners as ValidationManners

if TYPE_CHECKING:
    from apps.sandbox.razorpay.server import Razorpay

Body = Mapping[str, Any]  # Any: what the orderer sent


@dataclass
class Weather:
    """How the API is to misbehave for the paths that begin with `path`."""

    path: str = "/"
    status: int = 503
    failures_left: int = 0
    # Whether the work is done and only the answer is lost.
    after: bool = False
    delay_s: float = 0.0


def tell(razorpay: "Razorpay", what: str) -> Answer:
    """Answer a question."""
    if what == "health":
        return Answer(200, {"status": "ok"})
    if what == "webhooks":
        log = [one.described() for one in razorpay.webhooks.log]
        return Answer(200, {"deliveries": log})
    if what in {"order", "pay", "pout", "cont", "fa", "fav", "setl", "txn", "disp", "rfnd", "adj"}:
        return Answer(200, {"items": shown(razorpay.store.all(what))})
    if what == "calls":
        return Answer(200, {"calls": list(razorpay.calls)})
    return NOT_FOUND


def order(razorpay: "Razorpay", action: str, body: Body) -> Answer:
    """Obey an order."""
    act = _ORDERS.get(action)
    if act is None:
        return NOT_FOUND
    try:
        done = act(razorpay, body)
    except (KeyError, ValueError, TypeError) as failure:
        return Answer(400, {"error": f"{type(failure).__name__}: {failure}"})
    return Answer(200, {"done": action, "result": shown(done)})


def _reset(razorpay: "Razorpay", _body: Body) -> None:
    # What would still come to its end has nothing to tell of then.
    razorpay.store.clear()
    razorpay.webhooks.reset()
    razorpay.payouts.manners = PayoutManners()
    razorpay.validations.manners = ValidationManners()
    razorpay.weather = Weather()
    razorpay.calls.clear()


def _weather(razorpay: "Razorpay", body: Body) -> None:
    razorpay.weather = Weather(
        path=str(body.get("path", "/")),
        status=int(body.get("status", 503)),
        failures_left=int(body.get("times", 0)),
        after=bool(body.get("after", False)),
        delay_s=float(body.get("seconds", 0)),
    )


def _webhooks(razorpay: "Razorpay", body: Body) -> None:
    manners = razorpay.webhooks.manners
    manners.duplicates = int(body.get("duplicates", 0))
    manners.lose = int(body.get("lose", 0))
    manners.delay_s = float(body.get("seconds", 0))
    manners.shuffle = int(body.get("shuffle", 0))


def _pay(razorpay: "Razorpay", body: Body) -> object:
    return razorpay.payments.pay(
        str(body["order_id"]),
        method=str(body.get("method", "upi")),
        outcome=str(body.get("outcome", "captured")),
    )


def _dispute(razorpay: "Razorpay", body: Body) -> object:
    amount = body.get("amount")
    return razorpay.payments.dispute(
        str(body["payment_id"]),
        amount=None if amount is None else int(amount),
        phase=str(body.get("phase", "created")),
        onset=bool(body.get("onset", False)),
    )


def _clock(razorpay: "Razorpay", body: Body) -> None:
    at = body.get("at")
    razorpay.store.clock = None if at is None else int(at)


def _alter(razorpay: "Razorpay", body: Body) -> object:
    """Change an entity behind Razorpay's back: a mistake for whoever reconciles."""
    with razorpay.store.changing():
        row = razorpay.store.get(str(body["kind"]), str(body["id"]))
        if row is None:
            raise KeyError(body["id"])
        row.update(body["facts"])
    return row


def _payouts(razorpay: "Razorpay", body: Body) -> None:
    manners = razorpay.payouts.manners
    manners.begins = str(body.get("begins", "processing"))
    manners.ends = str(body.get("ends", "processed"))
    manners.after_s = float(body.get("seconds", manners.after_s))
    manners.accounts.update(body.get("accounts", {}))


def _validations(razorpay: "Razorpay", body: Body) -> None:
    manners = razorpay.validations.manners
    manners.ends = str(body.get("ends", "completed"))
    manners.after_s = float(body.get("seconds", manners.after_s))
    manners.names.update(body.get("names", {}))
    manners.unknown.update(body.get("unknown", []))


def _end_validation(razorpay: "Razorpay", body: Body) -> object:
    return razorpay.validations.end(str(body["validation_id"]), str(body["status"]))


def _move(razorpay: "Razorpay", body: Body) -> object:
    return razorpay.payouts.move(
        str(body["payout_id"]), str(body["status"]), reason=str(body.get("reason", ""))
    )


def _downtime(razorpay: "Razorpay", body: Body) -> None:
    razorpay.payouts.set_downtime(
        str(body["mode"]), bank=str(body.get("bank", "")), started=bool(body["started"])
    )


def _fund(razorpay: "Razorpay", body: Body) -> None:
    razorpay.payouts.funded_paise += int(body["amount"])


_ORDERS: dict[str, Callable[["Razorpay", Body], object]] = {
    "reset": _reset,
    "weather": _weather,
    "webhooks": _webhooks,
    "webhooks/release": lambda razorpay, _: razorpay.webhooks.release(),
    "webhooks/again": lambda razorpay, body: razorpay.webhooks.again(str(body["event_id"])),
    "pay": _pay,
    "lapse": lambda razorpay, body: razorpay.payments.lapse(str(body["payment_id"])),
    "dispute": _dispute,
    "settle": lambda razorpay, _: razorpay.payments.settle(),
    "payouts": _payouts,
    "payouts/move": _move,
    "validations": _validations,
    "validations/end": _end_validation,
    "downtime": _downtime,
    "fund": _fund,
    "clock": _clock,
    "alter": _alter,
}
