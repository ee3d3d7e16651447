"""Tickets that were paid for, and what their seller tells of them."""

from apps.ondc.models import TicketTrip, Transaction
from apps.ondc.outgoing import transit
from tests.ondc.network import Journey, Json, quote
from tests.payments.prepaid import begun

FARE_PAISE = 100_50


def buy(journey: Journey) -> Journey:
    """Buy a ticket from A to B, as far as its having come."""
    order = journey.reach("CONFIRMING")
    Transaction.objects.filter(pk=order.transaction_id).update(domain=transit.DOMAIN)
    TicketTrip.objects.create(
        transaction=order.transaction, mode="METRO", bpp_id=order.bpp_id,
        from_code="A", from_name="Attiguppe", to_code="B", to_name="Baiyappanahalli",
    )  # fmt: skip
    paid = begun(purpose=order.pk, amount_paise=FARE_PAISE)
    paid.order_id, paid.state = "order_1", "OPEN"
    paid.save()
    for paid.state in ("HELD", "PLEDGED"):
        paid.payment_id = "pay_1"
        paid.save()
    assert journey.say("on_confirm", to("B", "T1"), question=journey.confirm) == "ACK"
    assert journey.now().stage == "ACTIVE"
    return journey


def to(code: str, token: str, *, ticket: str = "UNCLAIMED", **told: object) -> Json:
    """Return the order with its ticket to this stop."""
    right = {"type": "QR", "token": token, "status": ticket}
    start = {"type": "START", "authorization": right}
    end = {"type": "END", "location": {"descriptor": {"code": code}}}
    trip = {"id": "F1", "type": "TRIP", "stops": [start, end]}
    order: Json = {
        "id": "O1", "status": "ACTIVE", "provider": {"id": "P1"}, "items": [{"id": "I1"}],
        "fulfillments": [trip], "quote": quote(("BASE_FARE", "100.50"), total="100.50"),
    }  # fmt: skip
    return {"order": order | told}
