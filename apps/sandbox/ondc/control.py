"""`/_control/…`: what tests and developers order; the network has no such paths."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from apps.sandbox.answer import NOT_FOUND, Answer
from apps.sandbox.ondc.food import Food
from apps.sandbox.ondc.participants import Participant
from apps.sandbox.ondc.rides import Rides
from apps.sandbox.ondc.scenarios import SCENARIOS, ordered
from apps.sandbox.ondc.sellers import Seller
from apps.sandbox.ondc.tickets import Tickets

if TYPE_CHECKING:
    from apps.sandbox.ondc.server import Network

# What the buyer app is known by at the pretended observability.
OBSERVER_TOKEN = "observer-of-the-sandbox"  # noqa: S105 - a pretended one
Body = Mapping[str, Any]  # Any: what the orderer sent


def tell(network: "Network", what: str) -> Answer:
    """Answer a question."""
    ask = _QUESTIONS.get(what)
    return NOT_FOUND if ask is None else Answer(200, ask(network))


def _log(what: str) -> Callable[["Network"], dict[str, Any]]:  # Any: JSON
    return lambda network: {
        "sellers": {name: list(getattr(seller, what)) for name, seller in network.sellers.items()}
    }


def order(network: "Network", action: str, body: Body) -> Answer:
    """Obey an order."""
    act = _ORDERS.get(action)
    if act is None:
        return NOT_FOUND
    try:
        act(network, body)
    except (KeyError, ValueError, TypeError) as failure:
        return Answer(400, {"error": f"{type(failure).__name__}: {failure}"})
    return Answer(200, {"done": action})


def _chosen(network: "Network", body: Body) -> Iterable[Seller]:
    name = str(body.get("seller", "*"))
    return list(network.sellers.values()) if name == "*" else [network.sellers[name]]


def _reset(network: "Network", _body: Body) -> None:
    for seller in network.sellers.values():
        seller.reset()
    network.registry_failures = network.observer_failures = 0
    network.observed.clear()


def _scenario(network: "Network", body: Body) -> None:
    found = ordered(str(body["name"]), body.get("changed", {}))
    for seller in _chosen(network, body):
        seller.manners = found


def _food(network: "Network", body: Body) -> None:
    for seller in network.sellers.values():
        if isinstance(seller, Food):
            seller.change(body)


def _join(network: "Network", body: Body) -> None:
    network.join([str(name) for name in body["names"]])


def _versions(network: "Network", body: Body) -> None:
    """Have sellers speak these versions alone; unlike manners it stays."""
    for seller in _chosen(network, body):
        seller.versions = tuple(str(one) for one in body["versions"])


def _pace(network: "Network", body: Body) -> None:
    network.pace_s = float(body["seconds"])


def _buyer(network: "Network", body: Body) -> None:
    for domain in body["domains"]:
        network.participants.add(
            Participant(
                subscriber_id=str(body["subscriberId"]),
                domain=str(domain),
                kind="BAP",
                url=str(body.get("url", "")),
                key_id=str(body["uniqueKeyId"]),
                signing_public_key=str(body["signingPublicKey"]),
                encryption_public_key=str(body.get("encryptionPublicKey", "")),
            )
        )


def _rekey(network: "Network", body: Body) -> None:
    for seller in _chosen(network, body):
        seller.participant.rekey()


def _status(network: "Network", body: Body) -> None:
    for seller in _chosen(network, body):
        seller.participant.status = str(body["status"])


def _again(network: "Network", body: Body) -> None:
    """Send a callback that was sent before once more, byte for byte, newly signed."""
    for seller in _chosen(network, body):
        found = [one for one in seller.sent if one["action"] == body["action"]]
        newest = found[-1]
        seller.deliver(newest["url"], newest["action"], newest["body"].encode())


def _callback(network: "Network", body: Body) -> None:
    """Send any body as a seller's callback."""
    raw = json.dumps(body["body"], ensure_ascii=False).encode()
    for seller in _chosen(network, body):
        seller.deliver(str(body["url"]), str(body["action"]), raw)


def observe(network: "Network", raw: bytes, authorization: str) -> Answer:
    """Take a report of one message, as the network's own service does."""
    if authorization != f"Bearer {OBSERVER_TOKEN}":
        return Answer(401, {"code": "4001", "message": "The token is not known."})
    if network.observer_failures > 0:
        network.observer_failures -= 1
        return Answer(503, {"code": "5001"})
    told = json.loads(raw)
    if set(told) != {"type", "data"}:
        return Answer(400, {"code": "4003", "message": "A report has a type and data."})
    network.observed.append(raw.decode())
    return Answer(200, {"code": "2001"})


def _observer(network: "Network", body: Body) -> None:
    network.observer_failures = int(body["failures"])


def _registry(network: "Network", body: Body) -> None:
    network.registry_failures = int(body["failures"])


def _orders(seller: Seller) -> dict[str, Any]:  # Any: JSON
    if isinstance(seller, Rides):
        return {
            journey: {
                "orderId": ride.order_id,
                "state": ride.state,
                "status": ride.status,
                "farePaise": ride.fare_paise,
                "confirms": seller.confirms.get(journey, 0),
            }
            for journey, ride in list(seller.orders.items())
        }
    if isinstance(seller, Tickets):
        return {
            journey: {
                "orderId": bought.order_id,
                "status": bought.status,
                "farePaise": bought.total_paise,
                "tokens": bought.tokens,
                "confirms": seller.confirms.get(journey, 0),
            }
            for journey, bought in list(seller.orders.items())
        }
    return {}


_ORDERS: dict[str, Callable[["Network", Body], None]] = {
    "reset": _reset,
    "scenario": _scenario,
    "join": _join,
    "versions": _versions,
    "pace": _pace,
    "food": _food,
    "buyer": _buyer,
    "rekey": _rekey,
    "status": _status,
    "again": _again,
    "callback": _callback,
    "registry": _registry,
    "observer": _observer,
}

_QUESTIONS: dict[str, Callable[["Network"], dict[str, Any]]] = {  # Any: JSON
    "health": lambda _: {"status": "ok"},
    "scenarios": lambda _: {"scenarios": sorted(SCENARIOS)},
    "participants": lambda network: {"items": [one.record() for one in network.participants.all()]},
    "received": _log("received"),
    "sent": _log("sent"),
    "observed": lambda network: {"items": [json.loads(one) for one in list(network.observed)]},
    "orders": lambda network: {"sellers": {n: _orders(s) for n, s in network.sellers.items()}},
}
