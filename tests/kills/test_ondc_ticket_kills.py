"""Kill -9 of the worker at every step of buying tickets over the network, and while one is taken back."""

from datetime import timedelta

import pytest

from apps.ondc import services
from apps.ondc.models import InboundMessage, OutboundMessage, RideOrder, TicketTrip, Transaction
from apps.ondc.outgoing import transit
from apps.ondc.services import Which
from apps.ondc.services.holding import TAKE_BACK_PAUSE
from apps.payments import services as payments
from apps.payments.models import Prepayment, PrepaymentRefund
from tests.kills.stage import Stage, peer, stage, threshold, worker
from tests.notifications.queueing import broker
from tests.ondc.conftest import registry
from tests.ondc.network import Json, clock
from tests.ondc.ours import RIDER
from tests.payments.prepaid import begun

__all__ = ["broker", "peer", "registry", "stage", "threshold", "worker"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]

FARE_PAISE = 100_50


def ready(stage: Stage) -> Which:
    """Choose a ticket and hear its seller's terms; the worker is killed at each step."""
    offer, journey, speaking = stage.offered(), stage.journey, stage.speaking
    Transaction.objects.update(domain=transit.DOMAIN)
    TicketTrip.objects.create(transaction=offer.transaction, mode="METRO", bpp_id=offer.bpp_id)
    rider_id = offer.transaction.rider_id
    which = Which(offer.transaction_id, rider_id, offer.bpp_id, transit.DOMAIN)
    chosen = services.select_tickets(
        transaction_id=offer.transaction_id, rider_id=rider_id, bpp_id=offer.bpp_id,
        item_id=offer.item_id, fulfillment_id=offer.fulfillment_id, count=1, voice=speaking,
        now=clock(),
    )  # fmt: skip
    stage.hears("on_select", journey.told(id=""), stage.asks(chosen))
    named = services.init_tickets(which=which, rider=RIDER, voice=speaking, now=clock())
    terms = journey.told(id="", payments=[{"id": "PA1"}])
    stage.hears("on_init", terms, stage.asks(named))
    assert stage.facts()["stage"] == "READY"
    return which


def held(which: Which) -> None:
    """Let the rider have paid, so that a bank holds the money."""
    paid = services.pay_tickets(which=which, fare_paise=FARE_PAISE, now=clock())
    paid.order_id, paid.state = "order_1", "OPEN"
    paid.save()
    paid.payment_id, paid.state = "pay_1", "HELD"
    paid.save()


def bought(stage: Stage) -> Json:
    ticket = {"type": "START", "authorization": {"type": "QR", "token": "T1,-1,2"}}
    return stage.journey.told(ride={"type": "TRIP", "stops": [ticket]})


def ordered(stage: Stage) -> OutboundMessage:
    """Order what was paid for; the worker is killed with the order written down and not committed."""
    stage.is_killed_in("confirm_paid_tickets")
    assert not OutboundMessage.objects.filter(action="confirm").exists()
    assert Prepayment.objects.get().state == "HELD"
    (said,) = services.confirm_paid_tickets(voice=stage.speaking, now=clock())
    assert Prepayment.objects.get().state == "PLEDGED"
    return said


def told_once(stage: Stage, said: OutboundMessage) -> None:
    """Fail unless the seller heard this message, and no other of its kind."""
    heard = {raw for path, raw in stage.peer.received if path.endswith(f"/{said.action}")}
    assert heard == {said.body.encode()}
    assert not InboundMessage.objects.exclude(state="DONE").exists()
    assert not OutboundMessage.objects.exclude(action="search").exclude(state="TAKEN").exists()


def test_a_worker_killed_at_every_step_of_buying_tickets_takes_and_returns_the_money_once(
    stage: Stage,
) -> None:
    held(ready(stage))
    said = ordered(stage)

    stage.hears("on_confirm", bought(stage), stage.asks(said))
    assert (stage.facts()["paid"], stage.facts()["tickets"]) == ("DUE", 1)
    over = stage.journey.told(status="CANCELLED", cancellation={"cancelled_by": "PROVIDER"})
    stage.hears("on_cancel", over, None)

    told_once(stage, said)
    assert (stage.facts()["stage"], stage.facts()["owed"]) == ("CANCELLED", 1)
    assert PrepaymentRefund.objects.get().amount_paise == FARE_PAISE
    assert stage.kills == 8


def let_go(stage: Stage) -> None:
    """Let tickets have been ordered, unanswered so far, and the money for them be let go meanwhile."""
    offer = stage.offered()
    asked = services.choose_offer(
        transaction_id=offer.transaction_id, rider_id=offer.transaction.rider_id,
        offer_id=offer.pk, now=clock(),
    )  # fmt: skip
    stage.journey.order = order = asked.order
    assert order is not None
    Transaction.objects.update(domain=transit.DOMAIN)
    RideOrder.objects.update(stage="CONFIRMING", fare_paise=FARE_PAISE)
    begun(purpose=order.pk, amount_paise=FARE_PAISE)
    payments.undo_prepayment(purpose=order.pk, back_paise=FARE_PAISE, reason="late", now=clock())


def test_a_worker_killed_while_an_order_is_taken_back_asks_its_seller_once(stage: Stage) -> None:
    let_go(stage)
    stage.hears("on_confirm", bought(stage), stage.journey.ask("confirm"))
    assert (stage.facts()["stage"], stage.facts()["tickets"]) == ("FAILED", 0)

    stage.is_killed_in("confirm_paid_tickets")
    (said,) = services.take_back_unpaid(voice=stage.speaking, now=clock())
    over = stage.journey.told(status="CANCELLED", cancellation={"cancelled_by": "CONSUMER"})
    stage.hears("on_cancel", over, stage.asks(said))

    told_once(stage, said)
    later = clock() + TAKE_BACK_PAUSE + timedelta(seconds=1)
    assert services.take_back_unpaid(voice=stage.speaking, now=later) == []
    assert (stage.facts()["paid"], stage.facts()["owed"]) == ("RELEASED", 0)
    assert stage.kills == 4
