"""
What Razorpay tells: stored when it comes, acted on by a worker, again until it is done or parked.

A worker takes a lease (one transaction), asks Razorpay what is true (no transaction), and acts and
records in transactions of their own; everything it does is safe to do twice.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts import services as accounts
from apps.payments import reports
from apps.payments.errors import EventNotFound, WebhookNotReadable
from apps.payments.gateway import Gateway, GatewayRefused, GatewaySilent, PaymentFacts
from apps.payments.models import GatewayEvent
from apps.payments.services import payout_events
from apps.payments.services.disputes import record_dispute
from apps.payments.services.prepaying import note_payment
from apps.payments.services.top_ups import credit_payment
from apps.payments.services.waiting import Hopeless, Waits

# Longer than a worker may live on one task (uma/celery.py), so that two never hold the same row.
LEASE = timedelta(seconds=60)
ATTEMPTS_MAX = 12
LONGEST_PAUSE = timedelta(hours=6)
BATCH = 50
NAME_MAX = EVENT_ID_MAX = 64

State = GatewayEvent.State
# Any: an event's payload is JSON of Razorpay's own shapes.
Payload = Mapping[str, Any]


def receive_event(*, source: str, event_id: str, raw: bytes, now: datetime) -> UUID | None:
    """
    Keep an event whose signature was checked; return its id, None when it was kept before.

    Raises:
        WebhookNotReadable
    """
    try:
        text = raw.decode()
        name = json.loads(text)["event"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise WebhookNotReadable from None
    if not isinstance(name, str) or not 0 < len(name) <= NAME_MAX:
        raise WebhookNotReadable
    if not 0 < len(event_id) <= EVENT_ID_MAX:
        raise WebhookNotReadable("The event has no id.")
    kept = GatewayEvent(
        source=source,
        event_id=event_id,
        name=name,
        body=text,
        next_attempt_at=now,
        received_at=now,
    )
    # The same event comes more than once by design; the unique pair lets one in and none fail.
    GatewayEvent.objects.bulk_create([kept], ignore_conflicts=True)
    found = GatewayEvent.objects.filter(source=source, event_id=event_id).values_list("pk").get()
    return kept.pk if found[0] == kept.pk else None


def handle_due_events(*, gateway: Gateway, now: datetime, limit: int = BATCH) -> int:
    """Act on what is due, the longest due first; return how many were taken."""
    due = GatewayEvent.objects.filter(state=State.WAITING, next_attempt_at__lte=now)
    taken = 0
    for event_id in due.order_by("next_attempt_at").values_list("pk", flat=True)[:limit]:
        taken += handle_event(event_id=event_id, gateway=gateway, now=now)
    return taken


def handle_event(*, event_id: UUID, gateway: Gateway, now: datetime) -> bool:
    """Act on one event unless somebody else holds it; answer whether it was taken here."""
    event = _claim(event_id, now=now)
    if event is None:
        return False
    handler = HANDLERS.get((event.source, event.name))
    if handler is None:
        _record(event, state=State.IGNORED, code="", now=now)
        return True
    try:
        outcome = handler(json.loads(event.body)["payload"], gateway, now)
    except Hopeless as hopeless:
        _record(event, state=State.PARKED, code=hopeless.code, now=now)
    except Waits as wait:
        _record(event, state=State.WAITING, code=wait.code, now=now)
    except GatewaySilent:
        _record(event, state=State.WAITING, code="gateway_silent", now=now)
    except GatewayRefused:
        _record(event, state=State.PARKED, code="gateway_refused", now=now)
    except (KeyError, TypeError, ValueError):
        # Signed, and not of the shape that was agreed on.
        _record(event, state=State.PARKED, code="shape_unknown", now=now)
    else:
        _record(event, state=State.DONE, code=outcome, now=now)
    return True


@transaction.atomic(durable=True)
def replay_event(*, event_id: UUID, actor_id: UUID, reason: str, now: datetime) -> None:
    """
    Have an event handled once more; what it did before is not done twice.

    Raises:
        EventNotFound
    """
    event = GatewayEvent.objects.select_for_update(no_key=True).filter(pk=event_id).first()
    if event is None:
        raise EventNotFound
    before = event.state
    event.state, event.handled_at, event.next_attempt_at = State.WAITING, None, now
    # Fences off whoever holds it, and gives it a full set of attempts again.
    event.attempts = 0
    event.save(update_fields=["state", "handled_at", "next_attempt_at", "attempts"])
    accounts.record(
        action="gateway-event.replayed",
        object_type="gateway-event",
        object_id=str(event_id),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={"state": before},
        after={"state": event.state},
    )


@transaction.atomic(durable=True)
def _claim(event_id: UUID, *, now: datetime) -> GatewayEvent | None:
    event = (
        GatewayEvent.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(pk=event_id, state=State.WAITING, next_attempt_at__lte=now)
        .first()
    )
    if event is None:
        return None
    event.attempts += 1
    event.next_attempt_at = now + LEASE
    event.save(update_fields=["attempts", "next_attempt_at"])
    return event


def _record(event: GatewayEvent, *, state: str, code: str, now: datetime) -> None:
    if state == State.WAITING and event.attempts >= ATTEMPTS_MAX:
        state = State.PARKED
    pause = min(timedelta(seconds=15 * 2**event.attempts), LONGEST_PAUSE)
    # Only while the lease is ours: a worker that was frozen past it overwrites nothing.
    GatewayEvent.objects.filter(pk=event.pk, state=State.WAITING, attempts=event.attempts).update(
        state=state,
        last_error=code,
        handled_at=now if state in {State.DONE, State.IGNORED} else None,
        next_attempt_at=now + pause,
    )


def _payment_captured(payload: Payload, gateway: Gateway, now: datetime) -> str:
    # The event says which payment; Razorpay's API says what is true of it.
    payment_id = str(payload["payment"]["entity"]["id"])
    facts = gateway.payment(payment_id=payment_id)
    outcome = credit_payment(facts=facts, now=now)
    if outcome == "unknown_order":
        return _prepaid(facts, now)
    if outcome == "not_captured":
        raise Waits(outcome)
    if outcome in {"credited", "already_credited"}:
        return outcome
    raise Hopeless(outcome)


def _payment_authorized(payload: Payload, gateway: Gateway, now: datetime) -> str:
    # Of a top-up this says nothing: it counts once it is captured.
    payment_id = str(payload["payment"]["entity"]["id"])
    facts = gateway.payment(payment_id=payment_id)
    outcome = note_payment(facts=facts, now=now)
    return outcome if outcome == "unknown_order" else _judged(outcome)


def _prepaid(facts: PaymentFacts, now: datetime) -> str:
    return _judged(note_payment(facts=facts, now=now))


def _judged(outcome: str) -> str:
    if outcome in {"unknown_order", "amount_differs", "another_payment"}:
        raise Hopeless(outcome)
    return outcome


def _dispute(payload: Payload, gateway: Gateway, now: datetime) -> str:
    # Created, under review, won, lost, closed: each only says that the dispute is to be asked about.
    dispute_id = str(payload["dispute"]["entity"]["id"])
    facts = reports.dispute(gateway=gateway, dispute_id=dispute_id)
    outcome = record_dispute(facts=facts, now=now)
    if outcome == "unknown_payment":
        # Told of before its payment was credited, or never ours: tried again until it is parked.
        raise Waits(outcome)
    if outcome in {"taken", "returned", "recorded", "unchanged"}:
        return outcome
    raise Hopeless(outcome)


_DISPUTES = ("created", "under_review", "action_required", "won", "lost", "closed")
Handler = Callable[[Payload, Gateway, datetime], str]
HANDLERS: dict[tuple[str, str], Handler] = {
    ("RAZORPAY", "payment.authorized"): _payment_authorized,
    ("RAZORPAY", "payment.captured"): _payment_captured,
    ("RAZORPAY", "order.paid"): _payment_captured,
    **payout_events.HANDLERS,
    **{("RAZORPAY", f"payment.dispute.{phase}"): _dispute for phase in _DISPUTES},
}
