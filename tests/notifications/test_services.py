"""The inbox, the phones and the webhooks' rows."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction

from apps.accounts.models import AuditEvent
from apps.notifications import delivery, selectors, services
from apps.notifications.errors import AlreadyPushed, PushInProgress, UnknownMessage
from apps.notifications.models import Device, InboxMessage, WebhookDelivery, WebhookEndpoint
from tests.notifications.making import (
    MORNING,
    NIGHT,
    NOON,
    make_device,
    make_message,
    make_person,
    row,
)

pytestmark = pytest.mark.django_db

State = InboxMessage.PushState


# --- the inbox ---------------------------------------------------------------------------------


def test_the_same_fact_told_twice_is_one_message_with_the_first_words() -> None:
    person = make_person()

    first = make_message(person, key="handshake:1", body="first")
    second = make_message(person, key="handshake:1", body="second")

    assert second.pk == first.pk
    assert InboxMessage.objects.get().body == "first"


def test_one_key_cannot_name_facts_about_two_people() -> None:
    make_message(make_person(), key="handshake:1")

    with pytest.raises(AssertionError, match="one person"):
        make_message(make_person(), key="handshake:1")


def test_a_message_to_nobody_is_refused() -> None:
    make_message(uuid4())

    # The reference is checked at the commit; a test has none.
    with pytest.raises(IntegrityError), transaction.atomic():
        transaction.get_connection().check_constraints()
    InboxMessage.objects.all().delete()


def test_data_that_would_not_fit_into_a_push_is_a_bug() -> None:
    with pytest.raises(AssertionError):
        services.notify(
            person_id=make_person(),
            kind="reminder",
            say=lambda: ("t", "b"),
            data={"note": "x" * 2_000},
            dedupe_key="k",
            now=NOON,
        )

    assert not InboxMessage.objects.exists()


def test_at_night_an_ordinary_message_is_in_the_inbox_at_once_and_due_in_the_morning() -> None:
    person = make_person()

    message = make_message(person, kind="campaign.paused", now=NIGHT)

    assert selectors.inbox(person_id=person, limit=10) == [message]
    assert message.next_attempt_at == MORNING


def test_the_inbox_pages_newest_first_without_gap_or_repeat_while_rows_arrive() -> None:
    person = make_person()
    # Three at one instant: the id decides among them.
    old = [make_message(person, now=NOON + timedelta(seconds=n // 3)) for n in range(7)]
    make_message(make_person())

    seen: list[UUID] = []
    before = None
    while page := selectors.inbox(person_id=person, limit=2, before=before):
        seen += [message.pk for message in page]
        before = (page[-1].created_at, page[-1].pk)
        make_message(person, now=NOON + timedelta(hours=1))

    expected = sorted(old, key=lambda message: (message.created_at, message.pk), reverse=True)
    assert seen == [message.pk for message in expected]


def test_the_first_reading_counts() -> None:
    person = make_person()
    message = make_message(person)

    services.mark_read(message_id=message.pk, person_id=person, now=NOON)
    again = services.mark_read(
        message_id=message.pk, person_id=person, now=NOON + timedelta(hours=1)
    )

    assert again.read_at == NOON
    assert selectors.count_unread(person_id=person) == 0


def test_nobody_reads_or_sees_another_persons_message() -> None:
    message = make_message(make_person())
    stranger = make_person()

    with pytest.raises(UnknownMessage):
        services.mark_read(message_id=message.pk, person_id=stranger, now=NOON)

    assert row(message).read_at is None
    assert selectors.inbox(person_id=stranger, limit=10) == []


def test_the_backlog_says_how_much_is_due_and_since_when() -> None:
    person = make_person()
    make_message(person, now=NOON + timedelta(seconds=1))
    make_message(person, now=NOON)
    make_message(person, kind="reminder", now=NIGHT)

    backlog = selectors.push_backlog(now=NOON + timedelta(minutes=5))

    assert (backlog.due, backlog.oldest_due_at) == (2, NOON)


# --- push again --------------------------------------------------------------------------------


def test_a_failed_push_is_due_again_and_the_trail_says_who_asked() -> None:
    operator = make_person()
    message = make_message(make_person())
    InboxMessage.objects.update(push_state=State.FAILED, attempts=12, last_error="unavailable")

    services.push_again(message_id=message.pk, actor_id=operator, reason="outage over", now=NOON)

    after = row(message)
    assert (after.push_state, after.attempts, after.next_attempt_at, after.last_error) == (
        State.PENDING,
        0,
        NOON,
        "",
    )
    event = AuditEvent.objects.get(action="message.push-again")
    assert (event.actor_id, event.object_id, event.reason) == (
        operator,
        str(message.pk),
        "outage over",
    )
    assert event.before == {"push_state": "FAILED", "last_error": "unavailable"}


@pytest.mark.parametrize(
    ("state", "refusal"), [(State.SENT, AlreadyPushed), (State.PENDING, PushInProgress)]
)
def test_a_push_that_arrived_or_is_on_its_way_is_not_started_again(
    state: State, refusal: type[Exception]
) -> None:
    message = make_message(make_person())
    InboxMessage.objects.update(
        push_state=state, attempts=3, pushed_at=NOON if state == State.SENT else None
    )
    before = InboxMessage.objects.values().get()

    with pytest.raises(refusal):
        services.push_again(message_id=message.pk, actor_id=None, reason="", now=NOON)

    assert InboxMessage.objects.values().get() == before
    assert not AuditEvent.objects.exists()


def test_there_is_no_pushing_again_of_what_never_was() -> None:
    with pytest.raises(UnknownMessage):
        services.push_again(message_id=uuid4(), actor_id=None, reason="", now=NOON)


# --- phones ------------------------------------------------------------------------------------


def test_a_phone_that_registers_again_is_seen_again_and_is_one_row() -> None:
    person = make_person()
    make_device(person, fid="f", fcm_token="t1")

    device = make_device(person, fid="f", fcm_token="t2", at=NOON + timedelta(days=1))

    only = Device.objects.get()
    assert only == device
    assert (only.fcm_token, only.last_seen_at) == ("t2", NOON + timedelta(days=1))


def test_a_phone_that_changes_hands_leaves_its_former_owner() -> None:
    former, present = make_person(), make_person()
    make_device(former, fcm_token="t")

    make_device(present, fcm_token="t")

    assert selectors.devices(person_id=former) == []
    assert [device.fcm_token for device in selectors.devices(person_id=present)] == ["t"]


def test_an_installation_found_under_its_old_token_takes_that_row_along() -> None:
    person = make_person()
    make_device(person, fcm_token="t")
    make_device(person, fid="f")

    make_device(person, fid="f", fcm_token="t")

    only = Device.objects.get()
    assert (only.fid, only.fcm_token) == ("f", "t")


def test_a_revoked_phone_that_registers_is_live_again() -> None:
    person = make_person()
    make_device(person, fid="f")
    Device.objects.update(revoked_at=NOON, revoked_reason="unregistered")

    make_device(person, fid="f")

    only = Device.objects.get()
    assert (only.revoked_at, only.revoked_reason) == (None, "")


def test_a_person_has_five_live_phones_and_the_longest_unseen_goes() -> None:
    person = make_person()
    for number in range(delivery.DEVICES_MAX + 2):
        make_device(person, fid=f"f{number}", at=NOON + timedelta(minutes=number))

    live = [device.fid for device in selectors.devices(person_id=person)]

    assert live == ["f6", "f5", "f4", "f3", "f2"]
    assert set(Device.objects.exclude(revoked_at=None).values_list("fid", "revoked_reason")) == {
        ("f0", "too_many"),
        ("f1", "too_many"),
    }


def test_phones_unseen_for_270_days_are_revoked_in_batches_and_younger_ones_stay() -> None:
    for number in range(3):
        make_device(make_person(), fid=f"old{number}", at=NOON - timedelta(days=270, seconds=1))
    make_device(make_person(), fid="young", at=NOON - timedelta(days=270))

    assert services.revoke_idle_devices(limit=2, now=NOON) == 2
    assert services.revoke_idle_devices(limit=2, now=NOON) == 1
    assert services.revoke_idle_devices(limit=2, now=NOON) == 0

    assert Device.objects.get(revoked_at=None).fid == "young"


# --- webhooks ----------------------------------------------------------------------------------


def _endpoint(merchant_id: UUID, url: str, *events: str) -> WebhookEndpoint:
    return services.add_endpoint(
        merchant_id=merchant_id, url=url, events=list(events), secret="whsec_x", now=NOON
    )


def _queue(merchant_id: UUID, event_id: UUID, amount: int = 150) -> list[WebhookDelivery]:
    return services.queue_webhook(
        merchant_id=merchant_id,
        event_id=event_id,
        type="handshake.success",
        payload={"amount": amount},
        now=NOON,
    )


def test_an_event_is_owed_once_to_each_live_endpoint_that_subscribed() -> None:
    merchant, event = uuid4(), uuid4()
    first = _endpoint(merchant, "https://a.example/", "handshake.success", "campaign.completed")
    second = _endpoint(merchant, "https://b.example/", "handshake.success")
    _endpoint(merchant, "https://c.example/", "campaign.completed")
    disabled = _endpoint(merchant, "https://d.example/", "handshake.success")
    services.disable_endpoint(endpoint_id=disabled.pk, now=NOON)
    _endpoint(uuid4(), "https://e.example/", "handshake.success")

    owed = _queue(merchant, event)

    assert {delivery.endpoint_id for delivery in owed} == {first.pk, second.pk}
    assert WebhookDelivery.objects.count() == 2
    assert all(delivery.payload == {"amount": 150} for delivery in owed)


def test_an_event_announced_twice_is_owed_once_with_its_first_payload() -> None:
    merchant, event = uuid4(), uuid4()
    _endpoint(merchant, "https://a.example/", "handshake.success")

    first = _queue(merchant, event)
    second = _queue(merchant, event, amount=1)

    assert [delivery.pk for delivery in second] == [delivery.pk for delivery in first]
    assert WebhookDelivery.objects.get().payload == {"amount": 150}


def test_a_merchant_without_a_system_is_owed_nothing() -> None:
    assert _queue(uuid4(), uuid4()) == []


def test_a_disabled_endpoint_keeps_what_it_was_owed_for_a_replay() -> None:
    merchant = uuid4()
    endpoint = _endpoint(merchant, "https://a.example/", "handshake.success")
    _queue(merchant, uuid4())

    services.disable_endpoint(endpoint_id=endpoint.pk, now=NOON)

    assert WebhookDelivery.objects.get().state == WebhookDelivery.State.DISABLED
    assert selectors.due_deliveries(limit=10, now=NOON) == []
    replay = selectors.deliveries(
        merchant_id=merchant, since=NOON, until=NOON + timedelta(seconds=1), limit=10
    )
    assert len(replay) == 1


def test_due_deliveries_come_longest_due_first_and_a_merchants_come_by_time() -> None:
    merchant = uuid4()
    _endpoint(merchant, "https://a.example/", "handshake.success")
    (late,) = _queue(merchant, uuid4())
    (early,) = _queue(merchant, uuid4())
    (future,) = _queue(merchant, uuid4())
    for delivered, minutes in [(late, 0), (early, -5), (future, 5)]:
        WebhookDelivery.objects.filter(pk=delivered.pk).update(
            next_attempt_at=NOON + timedelta(minutes=minutes)
        )

    assert selectors.due_deliveries(limit=10, now=NOON) == [early, late]
    assert selectors.endpoints(merchant_id=uuid4()) == []
