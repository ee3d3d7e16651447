"""`/_control/…`: what tests and the pretended phone ask and order; no cloud has these paths."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from apps.sandbox.answer import NOT_FOUND, Answer
from apps.sandbox.fcm import FAILURES

if TYPE_CHECKING:
    from apps.sandbox.server import Sandbox

Body = Mapping[str, object]
_FRESH = {"Cache-Control": "no-store"}


def tell(sandbox: "Sandbox", what: str) -> Answer:
    """Answer a question."""
    if what == "fcm":
        return Answer(200, sandbox.inbox.report())
    if what == "auth":
        return Answer(200, {"held": sandbox.weather.held})
    if what == "health":
        return Answer(200, {"status": "ok", "tokens": sandbox.tokens.given})
    if what == "sms":
        return Answer(200, {"messages": _messages(sandbox)}, _FRESH)
    if what == "phone":
        return Answer(200, _phone(sandbox), _FRESH)
    return NOT_FOUND


def order(sandbox: "Sandbox", action: str, body: Body) -> Answer:
    """Obey an order."""
    if action == "auth/sign":
        return Answer(200, sandbox.identity.forge(body))
    if action == "auth/vouch":
        # Google Play's part on a phone, whose app has this token from it.
        return Answer(200, {"playIntegrityToken": sandbox.identity.proofs.of_phone()})
    act = _ORDERS.get(action)
    if act is None:
        return NOT_FOUND
    try:
        act(sandbox, body)
    except (KeyError, ValueError) as failure:
        return Answer(400, {"error": f"{type(failure).__name__}: {failure}"})
    return Answer(200, {"done": action})


def _messages(sandbox: "Sandbox") -> list[dict[str, object]]:
    return [
        {"phone": sms.phone, "code": sms.code, "at": sms.at}
        for sms in reversed(sandbox.identity.codes.messages())
    ]


def _phone(sandbox: "Sandbox") -> dict[str, object]:
    """Return everything the pretended phone shows, newest first."""
    numbers = sandbox.identity.codes.test_numbers
    return {
        "sms": _messages(sandbox),
        "pushes": list(reversed(sandbox.inbox.pushes())),
        "testNumbers": {"prefix": numbers.prefix, "code": numbers.code},
    }


def _reset(sandbox: "Sandbox", _body: Body) -> None:
    """Forget what was received and ordered; people stay."""
    sandbox.inbox.reset()
    sandbox.identity.codes.reset()
    sandbox.weather.failures_left, sandbox.weather.delay_s = 0, 0.0
    sandbox.tokens.given = 0


def _revoke_tokens(sandbox: "Sandbox", _body: Body) -> None:
    sandbox.tokens.forget()


def _fcm_addresses(sandbox: "Sandbox", body: Body) -> None:
    sandbox.inbox.orders.addresses.update({name: _code(code) for name, code in body.items()})


def _fcm_fail(sandbox: "Sandbox", body: Body) -> None:
    orders = sandbox.inbox.orders
    orders.failure = _code(body["code"])
    orders.retry_after_s = int(str(body.get("retryAfter", 0)))
    orders.failures_left = int(str(body["times"]))


def _fcm_delay(sandbox: "Sandbox", body: Body) -> None:
    sandbox.inbox.orders.delay_s = float(str(body["seconds"]))


def _auth_rotate(sandbox: "Sandbox", body: Body) -> None:
    sandbox.identity.keys.rotate(forget=body.get("forget") is True)


def _auth_age(sandbox: "Sandbox", body: Body) -> None:
    seconds = float(str(body["seconds"]))
    sandbox.identity.codes.age(seconds=seconds)
    sandbox.identity.proofs.age(seconds=seconds)


def _auth_fail(sandbox: "Sandbox", body: Body) -> None:
    sandbox.weather.status = int(str(body.get("status", 503)))
    sandbox.weather.failures_left = int(str(body["times"]))


def _auth_delay(sandbox: "Sandbox", body: Body) -> None:
    sandbox.weather.delay_s, sandbox.weather.held = float(str(body["seconds"])), 0


def _code(value: object) -> str:
    if value not in FAILURES:
        raise ValueError(f"{value} is none of {', '.join(sorted(FAILURES))}")
    return str(value)


_ORDERS: dict[str, Callable[["Sandbox", Body], None]] = {
    "reset": _reset,
    "revoke-tokens": _revoke_tokens,
    "fcm/addresses": _fcm_addresses,
    "fcm/fail": _fcm_fail,
    "fcm/delay": _fcm_delay,
    "auth/rotate": _auth_rotate,
    "auth/age": _auth_age,
    "auth/fail": _auth_fail,
    "auth/delay": _auth_delay,
}
