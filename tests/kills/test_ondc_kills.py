"""
Kill -9 of the worker at every step of a ride over the network, and of Valkey; MongoDB is away throughout.

The worker is never struck at random: it stands where it has done a step's whole work and has recorded none of it,
before COMMIT or between a seller's answer and its own note of it.
"""

import pytest

from apps.ondc import dues, services, tasks
from apps.ondc.models import InboundMessage, Offer, OutboundMessage, Settlement
from apps.ondc.services import Which
from apps.wallet import codes
from apps.wallet import selectors as ledger
from tests.kills.stage import Stage, peer, stage, threshold, worker
from tests.notifications.queueing import broker
from tests.ondc.conftest import registry
from tests.ondc.network import catalogue, clock
from tests.ondc.ours import RIDER, until
from uma.kernel import queue
from uma.stack.valkey import Valkey

__all__ = ["broker", "peer", "registry", "stage", "threshold", "worker"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]


def test_a_worker_killed_at_every_step_of_a_ride_loses_nothing_and_does_nothing_twice(
    stage: Stage, broker: Valkey
) -> None:
    journey, speaking = stage.journey, stage.speaking
    rider_id = journey.search.transaction.rider_id
    which = Which(journey.search.transaction_id, rider_id, journey.seller.id)
    search = OutboundMessage.objects.get(action="search")

    stage.hears("on_search", catalogue("100.50"), stage.asks(search))
    offer = Offer.objects.get()
    chosen = services.select_ride(
        transaction_id=which.transaction_id, rider_id=rider_id, bpp_id=offer.bpp_id,
        item_id=offer.item_id, fulfillment_id=offer.fulfillment_id, voice=speaking, now=clock(),
    )  # fmt: skip
    stage.hears("on_select", journey.told(id=""), stage.asks(chosen))
    named = services.init_ride(which=which, rider=RIDER, voice=speaking, now=clock())
    terms = journey.told(id="", payments=[{"id": "PA1"}])
    stage.hears("on_init", terms, stage.asks(named))
    ordered = services.confirm_ride(which=which, fare_paise=None, voice=speaking, now=clock())
    stage.hears("on_confirm", journey.told("CONFIRMED"), stage.asks(ordered))
    asked = services.ask_status(which=which, voice=speaking, now=clock())
    stage.hears("on_status", journey.told("ASSIGNED"), stage.asks(asked))
    stage.hears_without_valkey("on_update", journey.told("STARTED"), broker)
    stage.hears("on_status", journey.told("ENDED"), None)

    stage.is_killed_while(lambda: queue.enqueue(tasks.book_fees))
    queue.enqueue(tasks.book_fees)
    until(lambda: bool(stage.facts()["booked"]))

    # One confirmation left us, one order came of it, and its fee stands in the books once.
    assert {raw for path, raw in stage.peer.received if path.endswith("/confirm")} == {
        ordered.body.encode()
    }
    assert stage.facts() == {
        "answers": 1, "offers": 1, "quotes": 6, "stage": "ACTIVE", "status": "ACTIVE",
        "state": "RIDE_ENDED", "due": 1_01, "booked": 1_01, "paid": "", "owed": 0, "tickets": 0,
        "recon": "", "told": "", "asked": 5, "asked of money": 0, "answers to money": 0,
    }  # fmt: skip
    fee = Settlement.objects.get()
    owed = codes.bpp_receivable(dues.seller_key(fee.bpp_id))
    assert (fee.bookings, ledger.balances_paise(codes=[owed])[owed]) == (1, fee.booked_paise)
    assert not InboundMessage.objects.exclude(state="DONE").exists()
    assert not OutboundMessage.objects.exclude(state="TAKEN").exists()
    assert stage.kills == 12
