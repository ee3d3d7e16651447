"""The handshake: one scan, one transaction, one movement of money."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any
from uuid import UUID

import orjson
from django.db import DEFAULT_DB_ALIAS, DatabaseError, transaction
from django.db.models import DEFERRED

from apps.campaigns import services as campaigns
from apps.gamification import services as gamification
from apps.handshake import notices, pricing, rules, selectors
from apps.handshake.errors import AlreadyRedeemed, UnknownCode
from apps.handshake.models import Dispute, Handshake
from apps.handshake.pricing import Settlement
from apps.handshake.rules import Scan
from apps.merchants import selectors as merchants
from apps.notifications import services as notifications
from apps.rides import selectors as bookings
from apps.rides import services as rides
from apps.rides.services import ScannedBooking
from apps.wallet import services as wallet
from apps.wallet.errors import refusal_of
from uma.kernel import context
from uma.kernel.errors import DomainError
from uma.kernel.http.errors import IdempotencyKeyReused
from uma.kernel.http.idempotency import IdempotencyKey
from uma.kernel.ids import new_id
from uma.kernel.prepared import Statement, fetch_one, short_transaction

_SETTLE = Statement(
    name="scan_settle",
    text="SELECT handshake_settle($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,"
    " $16::jsonb, $17::jsonb)",
)

_COLUMNS = [column.attname for column in Handshake._meta.concrete_fields]  # noqa: SLF001  # documented

# States in which the money has moved, so that a scan is a repeat.
SETTLED = frozenset({"REDEEMED", "DISPUTED", "REVERSED"})


@dataclass(frozen=True, slots=True)
class Executed:
    """The handshake behind a scan: `replayed` the same request again, `repeated` another scan of it."""

    handshake: Handshake
    replayed: bool = False
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """What a scan would do: every rule that fails, and the price for a new and a known customer."""

    booking: ScannedBooking
    failures: list[DomainError]
    is_new: bool
    settlement: Settlement
    review: bool


# The check of the code's age, which needs keys and the clock and so is the caller's: returns a refusal.
Freshness = Callable[[], DomainError | None]


@short_transaction()
def execute(
    *, ref: str, scan: Scan, freshness: Freshness, key: IdempotencyKey | None, now: datetime
) -> Executed:
    """
    Settle the booking behind a scanned code; returning means committed.

    The booking's row lock queues the scans of one code: the first settles it, the others find it settled
    and answer from the handshake row. Behind the lock stand two more guards, each enough alone: one
    handshake per booking, and one journal per reference. Nothing is written on a path that refuses.

    Raises:
        UnknownCode, AlreadyRedeemed, IdempotencyKeyReused, WalletFrozen, each refusal of `rules.failures`
        and of `freshness`
    """
    booking = rides.lock_for_scan(ref=ref, actor_id=scan.actor_id)
    if booking is None:
        raise UnknownCode
    context.about(booking_id=booking.id, zone=booking.zone_code)
    booking = rules.as_seen_by(booking, scan)
    if booking.state in SETTLED:
        return _answer_again(booking, actor_id=scan.actor_id, key=key)
    if booking.staff_role is None:
        # Scoped to the scanner's own merchant, so that codes cannot be probed.
        raise UnknownCode
    refusal = next(rules.failures(booking, scan, now=now), None) or freshness()
    if refusal is not None:
        raise refusal
    return Executed(_settle(booking, scan, key=key, now=now))


def preview(*, ref: str, scan: Scan, freshness: Freshness, now: datetime) -> Preview:
    """
    Answer what `execute` would do now, with every rule that fails; write nothing, lock nothing.

    Raises:
        UnknownCode
    """
    booking = rides.find_for_scan(ref=ref, actor_id=scan.actor_id)
    if booking is None:
        raise UnknownCode
    context.about(booking_id=booking.id, zone=booking.zone_code)
    booking = rules.as_seen_by(booking, scan)
    if booking.staff_role is None:
        raise UnknownCode
    failing = [
        *rules.failures(booking, scan, now=now),
        *([stale] if (stale := freshness()) else []),
        *([AlreadyRedeemed()] if booking.state in SETTLED else []),
    ]
    is_new = merchants.is_new_customer(merchant_id=booking.merchant_id, person_id=booking.rider_id)
    review = _needs_review(booking, rules.scan_distance_m(booking, scan))
    return Preview(
        booking=booking,
        failures=failing,
        is_new=is_new,
        settlement=pricing.settlement(booking, is_new=is_new, parked=review),
        review=review,
    )


def _answer_again(
    booking: ScannedBooking, *, actor_id: UUID, key: IdempotencyKey | None
) -> Executed:
    """Answer a repeated scan from the handshake row, to the merchant that settled it and nobody else."""
    if booking.staff_role is None:
        raise AlreadyRedeemed
    row = fetch_one(_settlement_of(), [booking.id], commit=True)
    assert row is not None, "a settled booking has its handshake"
    handshake = Handshake.from_db(DEFAULT_DB_ALIAS, _COLUMNS, row)
    if key is None or handshake.request_key != key.key or handshake.actor_id != actor_id:
        return Executed(handshake, repeated=True)
    if bytes(handshake.request_fingerprint or b"") != key.fingerprint:
        raise IdempotencyKeyReused
    return Executed(handshake, replayed=True)


@cache
def _settlement_of() -> Statement:
    """Return the query for a booking's handshake, every column, as the ORM writes it."""
    text, _ = Handshake.objects.filter(booking_id=UUID(int=0)).query.sql_with_params()
    return Statement(name="scan_again", text=text.replace("%s", "$1"))


def _needs_review(booking: ScannedBooking, distance_m: int | None) -> bool:
    remote = distance_m is not None and distance_m > rules.REMOTE_SCAN_M
    return remote or booking.watched or pricing.fare_is_owed(booking)


def _settle(
    booking: ScannedBooking, scan: Scan, *, key: IdempotencyKey | None, now: datetime
) -> Handshake:
    distance_m = rules.scan_distance_m(booking, scan)
    review = _needs_review(booking, distance_m)
    if_new = pricing.settlement(booking, is_new=True, parked=review)
    if_returning = (
        pricing.settlement(booking, is_new=False, parked=review)
        if booking.cpa_fee_paise
        else if_new
    )
    handshake_id = new_id()
    with _clear_refusals():
        settled = fetch_one(
            _SETTLE,
            [
                handshake_id,
                booking.id,
                booking.merchant_id,
                booking.outlet_id,
                booking.campaign_id,
                booking.rider_id,
                booking.zone_code,
                scan.actor_id,
                now,
                review,
                booking.discount_bps,
                scan.bill_paise,
                distance_m,
                key.key if key else None,
                key.fingerprint if key else None,
                _price(if_new),
                _price(if_returning),
            ],
            commit=True,
        )
    assert settled is not None
    (is_new,) = settled
    chosen = if_new if is_new else if_returning
    facts: dict[str, Any] = {  # Any: columns of every type
        "id": handshake_id,
        "booking_id": booking.id,
        "merchant_id": booking.merchant_id,
        "outlet_id": booking.outlet_id,
        "campaign_id": booking.campaign_id,
        "rider_id": booking.rider_id,
        "actor_id": scan.actor_id,
        "zone_code": booking.zone_code,
        "is_new_customer": is_new,
        "review": review,
        "discount_bps": booking.discount_bps,
        "reimbursement_paise": chosen.reimbursement_paise,
        "cpt_fee_paise": chosen.cpt_fee_paise,
        "cpa_fee_paise": chosen.cpa_fee_paise,
        "gst_paise": chosen.gst_paise,
        "merchant_debit_paise": chosen.merchant_debit_paise,
        "released_paise": chosen.released_paise,
        "created_at": now,
    }
    # As if it had been read: the constructor would look for the default of every column.
    return Handshake.from_db(
        DEFAULT_DB_ALIAS, _COLUMNS, [facts.get(column, DEFERRED) for column in _COLUMNS]
    )


def _price(settlement: Settlement) -> str:
    """Return the legs and the amounts as the settling statement reads them."""
    legs = [[str(new_id()), leg.debit, leg.credit, leg.amount_paise] for leg in settlement.legs]
    amounts = [
        settlement.reimbursement_paise,
        settlement.cpt_fee_paise,
        settlement.cpa_fee_paise,
        settlement.gst_paise,
        settlement.merchant_debit_paise,
        settlement.released_paise,
    ]
    return orjson.dumps({"legs": legs, "amounts": amounts}).decode()


@contextmanager
def _clear_refusals() -> Iterator[None]:
    """Turn the refusals of the database into those of the domain."""
    try:
        yield
    except DatabaseError as error:
        if "handshake_request_key_once" in str(error):
            raise IdempotencyKeyReused from error
        raise (refusal_of(error) or error) from error


@transaction.atomic(durable=True)
def announce(*, handshake_id: UUID, now: datetime) -> UUID | None:
    """
    Tell the rider and the merchant's systems about a handshake, once; return the message to push.

    Delivery of the task is at least once: the row is claimed, so a second run finds it announced, or
    locked by a twin, and does nothing.
    """
    handshake = (
        Handshake.objects.select_for_update(no_key=True, skip_locked=True)
        .filter(pk=handshake_id, announced_at__isnull=True)
        .first()
    )
    if handshake is None:
        return None
    merchant = merchants.merchant(merchant_id=handshake.merchant_id)
    # Allotments before accounts, as a booking takes them.
    (booking,) = bookings.allotments_of(booking_ids=[handshake.booking_id])
    visits, spent_paise = _what_is_left(handshake)
    campaigns.record_visit(
        campaign_id=booking.campaign_id,
        scopes=booking.scopes,
        spent_paise=spent_paise,
        visits=visits,
    )
    wallet.recover_debt(
        rider_id=handshake.rider_id,
        reference=f"debt_recovery:{handshake.pk}",
        zone_code=handshake.zone_code,
        event_at=now,
    )
    gamification.record_visit(
        handshake_id=handshake.pk,
        booking_id=handshake.booking_id,
        campaign_id=handshake.campaign_id,
        at=handshake.created_at,
        undone=not visits,
    )
    message = notifications.notify(
        person_id=handshake.rider_id,
        kind="handshake",
        say=partial(notices.visit, handshake, brand=merchant.brand),
        data={"handshakeId": str(handshake.pk), "bookingId": str(handshake.booking_id)},
        dedupe_key=f"handshake:{handshake.pk}",
        now=now,
    )
    notifications.queue_webhook(
        merchant_id=handshake.merchant_id,
        event_id=handshake.pk,
        type="handshake.success",
        payload=selectors.webhook_payload(handshake),
        now=now,
    )
    handshake.announced_at = now
    handshake.save(update_fields=["announced_at"])
    return message.pk


def _what_is_left(handshake: Handshake) -> tuple[int, int]:
    """Return the visits, one or none, and the paise of a handshake that nobody counted yet."""
    undone = list(handshake.reversals.values_list("full", "merchant_credit_paise"))
    lost = Dispute.objects.filter(handshake=handshake, state=Dispute.State.FOR_MERCHANT)
    undone += [(True, parked_paise) for parked_paise in lost.values_list("parked_paise", flat=True)]
    visits = 0 if any(ended for ended, _ in undone) else 1
    return visits, handshake.merchant_debit_paise - sum(paise for _, paise in undone)


@transaction.atomic(durable=True)
def sweep_released(*, now: datetime, limit: int = 500) -> int:
    """
    Return what visits cost less than held to the merchants' wallets and the campaigns' budgets.

    The lock order of a booking, allotments before accounts, holds here too: the holds are claimed
    (`SKIP LOCKED`), the budgets given back, and only then the money moves, one posting per merchant.
    """
    claimed = wallet.claim_released(limit=limit)
    released_paise = {hold.hold_id: hold.amount_paise for hold in claimed}
    for booking in bookings.allotments_of(booking_ids=released_paise):
        campaigns.give_back(
            campaign_id=booking.campaign_id,
            scopes=booking.scopes,
            amount_paise=released_paise[booking.booking_id],
            seats=0,
        )
    wallet.sweep_released(claimed=claimed, now=now)
    return len(claimed)
