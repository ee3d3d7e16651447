"""Metro and bus (ONDC:TRV11): two searches, select, init, confirm, and boarding a bus."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from apps.ondc.outgoing import profiles
from apps.ondc.outgoing.context import Json
from apps.ondc.outgoing.forms import CURRENCY, Person, Stop, stops
from apps.ondc.outgoing.profiles import BASIS, WINDOW, Profile, Terms

DOMAIN = profiles.TRANSIT
MODES = ("BUS", "METRO")


@dataclass(frozen=True, slots=True)
class Tickets:
    """What the rider chose: so many of one fare product."""

    provider_id: str
    item_id: str
    count: int
    # Bus sellers want the fulfilments repeated.
    fulfillment_ids: Sequence[str] = ()

    def order(self) -> Json:
        if self.count < 1:
            raise ValueError("a ticket order has a ticket at least")
        quantity = {"selected": {"count": self.count}}
        return {
            "items": [{"id": self.item_id, "quantity": quantity}],
            "provider": {"id": self.provider_id},
        }


@dataclass(frozen=True, slots=True)
class Paid:
    """The rider's money, which we hold: the gateway's reference and the quote's own amount."""

    payment_id: str
    reference: str
    amount: str


@dataclass(frozen=True, slots=True)
class Settling:
    """What we owe the seller, and when it wants that: from on_init when it is the seller's to say."""

    amount: str
    window: str = ""
    basis: str = ""


def search(
    profile: Profile, *, mode: str, terms: Terms, way: tuple[Stop, Stop] | None = None
) -> Json:
    """
    Return the question who sells tickets here, or, with a way, what one costs.

    Raises:
        ValueError: neither bus nor metro
    """
    if mode not in MODES:
        raise ValueError(f"{mode} is neither bus nor metro")
    fulfillment: Json = {"vehicle": {"category": mode}}
    if way is not None:
        fulfillment["stops"] = stops(way)
    groups = profile.terms(profile.search_terms, terms.values())
    payment: Json = {"collected_by": "BAP"}
    intent: Json = {"fulfillment": fulfillment, "payment": payment}
    (intent if profile.terms_on_order else payment)["tags"] = groups
    return {"intent": intent}


def select(*, tickets: Tickets) -> Json:
    return {"order": tickets.order()}


def init(
    profile: Profile,
    *,
    mode: str,
    tickets: Tickets,
    rider: Person,
    terms: Terms,
    settling: Settling,
) -> Json:
    ours = mode in profile.window_ours
    told = settling if ours else replace(settling, window="", basis="")
    payment: Json = {"collected_by": "BAP", "status": "NOT-PAID", "type": "PRE-ORDER"}
    return {"order": _order(profile, mode, tickets, rider, terms, told, payment)}


def confirm(
    profile: Profile,
    *,
    mode: str,
    tickets: Tickets,
    rider: Person,
    terms: Terms,
    settling: Settling,
    paid: Paid,
    sellers_terms: Json | None,
) -> Json:
    """Return the purchase: init's order, paid, with the seller's terms as on_init had them (2.1.0)."""
    payment: Json = {"collected_by": "BAP", "status": "PAID", "type": "PRE-ORDER"}
    order = _order(profile, mode, tickets, rider, terms, settling, payment)
    payment["id"] = paid.payment_id
    payment["params"] = {
        "transaction_id": paid.reference,
        "currency": CURRENCY,
        "amount": paid.amount,
    }
    if profile.terms_on_order and sellers_terms is not None:
        groups = order["tags"]
        assert isinstance(groups, list)
        groups.append(sellers_terms)
    return {"order": order}


def board(profile: Profile, *, order_id: str, ticket_id: str, registration: str) -> Json:
    """
    Return the number of the bus that was boarded, which makes its ticket valid.

    Raises:
        ValueError: this version has no updates
    """
    if not profile.has_updates:
        raise ValueError(f"{profile.domain} {profile.version} has no updates")
    vehicle = {"registration": registration}
    return {
        "update_target": "order.fulfillments",
        "order": {"id": order_id, "fulfillments": [{"id": ticket_id, "vehicle": vehicle}]},
    }


def _order(
    profile: Profile,
    mode: str,
    tickets: Tickets,
    rider: Person,
    terms: Terms,
    settling: Settling,
    payment: Json,
) -> Json:
    values = terms.values(settlement_amount=settling.amount)
    values |= {WINDOW: settling.window, BASIS: settling.basis}
    groups = profile.terms(
        profile.order_terms, {code: text for code, text in values.items() if text}
    )
    order = tickets.order() | {"billing": rider.billing_in_full(), "payments": [payment]}
    if mode == "BUS" and tickets.fulfillment_ids:
        order["fulfillments"] = [{"id": each} for each in tickets.fulfillment_ids]
    (order if profile.terms_on_order else payment)["tags"] = groups
    return order
