"""Parked callbacks at the desk: seen, handled again without doing anything twice, and sealed."""

import pytest
from django.urls import reverse
from django.utils.html import escape

from apps.accounts.selectors import trail
from apps.ondc import personal_data, services, signing
from apps.ondc.errors import InboundMessageNotFound
from apps.ondc.models import InboundMessage, Quote, RideOrder, Transaction
from tests.accounts.making import at_the_desk, make_operator
from tests.ondc.network import Journey, act, clock

pytestmark = pytest.mark.django_db


def parked(journey: Journey) -> InboundMessage:
    """Return a confirmation that came when the order knew another number."""
    journey.reach("CONFIRMING")
    order = journey.now()
    told = journey.told("ASSIGNED", id="O2")
    RideOrder.objects.filter(pk=order.pk).update(number="O1")
    assert journey.say("on_confirm", told, question=journey.confirm) == "ACK"
    return InboundMessage.objects.get(state="PARKED")


def test_a_parked_message_shows_red_and_is_handled_again_from_the_desk(journey: Journey) -> None:
    row = parked(journey)
    client = at_the_desk(make_operator("administrator"))
    page = reverse("admin:ondc_inboundmessage_changelist")
    assert '<strong class="errornote">PARKED</strong>' in client.get(page).content.decode()
    detail = client.get(reverse("admin:ondc_inboundmessage_change", args=[row.pk]))
    assert "DISTANCE_FARE" not in detail.content.decode()

    client.post(
        page,
        {
            "action": "replay_selected",
            "_selected_action": [str(row.pk)],
            "confirmed": "Yes",
            "reason": "the seller's number was corrected",
        },
    )
    act()

    row.refresh_from_db()
    assert (row.state, row.outcome, row.attempts) == ("PARKED", "another_order", 1)
    assert [one.action for one in trail(object_ids=[str(row.pk)])] == ["inbound-message.replayed"]


def test_a_journeys_page_tells_every_message_and_a_messages_page_what_was_signed(
    journey: Journey,
) -> None:
    row = parked(journey)
    client = at_the_desk(make_operator("administrator"))

    page = client.get(reverse("admin:ondc_transaction_change", args=[row.transaction_id]))
    told = page.content.decode()
    names = ("on_search", "on_select", "on_init", "on_confirm")
    assert [told.index(f"<strong>{name}</strong>") for name in names] == sorted(
        told.index(f"<strong>{name}</strong>") for name in names
    )
    assert "PARKED another_order" in told
    one = client.get(reverse("admin:ondc_inboundmessage_change", args=[row.pk])).content.decode()
    signed = signing.signing_string(
        row.raw.encode(),
        created=signing.parse_header(row.header).created,
        expires=signing.parse_header(row.header).expires,
    )
    assert f"<pre>{escape(signed)}</pre>" in one
    assert f"<pre>{escape(signed)}</pre>" in told
    assert escape(row.digest) in told
    assert f"|{row.unique_key_id}|ed25519" in told
    assert told.count("holds over the bytes that are kept") == 4


def test_what_was_done_is_not_done_twice_by_a_replay_from_the_desk(journey: Journey) -> None:
    journey.reach("ACTIVE")
    before = (Quote.objects.count(), journey.now().ride_state)
    row = InboundMessage.objects.get(action="on_confirm")
    operator = make_operator("administrator")

    at_the_desk(operator).post(
        reverse("admin:ondc_inboundmessage_changelist"),
        {
            "action": "replay_selected",
            "_selected_action": [str(row.pk)],
            "confirmed": "Yes",
            "reason": "to be sure",
        },
    )
    act()

    (told,) = trail(object_ids=[str(row.pk)])
    assert (told.action, told.actor_id, told.reason) == (
        "inbound-message.replayed", operator.pk, "to be sure",
    )  # fmt: skip

    row.refresh_from_db()
    assert row.state == "DONE"
    assert (Quote.objects.count(), journey.now().ride_state) == (before[0] + 1, before[1])


def test_what_was_refused_or_emptied_is_not_handled_again(journey: Journey) -> None:
    operator = make_operator("administrator")
    row = parked(journey)
    InboundMessage.objects.filter(pk=row.pk).update(raw="")
    assert journey.say("on_status", {}) == "20006"
    refused = InboundMessage.objects.get(state="REFUSED")

    for pk in (row.pk, refused.pk):
        with pytest.raises(InboundMessageNotFound):
            services.replay_inbound(message_id=pk, actor_id=operator.pk, reason="x", now=clock())


def test_a_riders_copy_holds_the_rides_and_erasure_empties_them(journey: Journey) -> None:
    order = journey.reach("ACTIVE")
    rider = journey.search.transaction.rider_id
    copy = personal_data.export(person_id=rider)
    assert len(str(copy["searches"])) > 100
    assert "O1" in str(copy["rides"])
    assert [one.code for one in personal_data.obstacles(person_id=rider, now=clock())] == [
        "ride_live"
    ]
    assert journey.say("on_status", journey.told("ENDED")) == "ACK"
    assert personal_data.obstacles(person_id=rider, now=clock()) == []

    personal_data.erase(person_id=rider, now=clock())

    assert Transaction.objects.get().pickup == ""
    order.refresh_from_db()
    assert (order.driver_name, order.number) == ("", "O1")
    assert not InboundMessage.objects.filter(raw__blank=False).exists()
