"""Undoing a handshake: money back to the merchant, from the rider's wallet or as the rider's debt."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from apps.accounts import services as accounts
from apps.campaigns import services as campaigns
from apps.gamification import services as gamification
from apps.handshake import notices
from apps.handshake.errors import (
    NotReversible,
    ReversalTooLarge,
    ReversalTooLate,
    UnknownHandshake,
)
from apps.handshake.models import Handshake, Reversal
from apps.merchants import selectors as businesses
from apps.merchants import services as merchants
from apps.notifications import services as notifications
from apps.rides import selectors as bookings
from apps.rides import services as rides
from apps.wallet import codes
from apps.wallet import selectors as ledger
from apps.wallet import services as wallet
from apps.wallet.services import Leg
from uma.kernel.http.errors import IdempotencyKeyReused
from uma.kernel.http.idempotency import IdempotencyKey
from uma.kernel.money import rupees

MANAGER_WINDOW = timedelta(hours=24)
OPERATOR_WINDOW = timedelta(days=90)
FEE_KINDS = frozenset({"cpt", "cpa", "gst_cgst", "gst_sgst", "gst_igst"})


@dataclass(frozen=True, slots=True)
class Reversed:
    """A reversal, and whether the same request was answered before."""

    reversal: Reversal
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Returnable:
    """
    What a merchant can take back of a visit, in paise: `whole_paise` with the fees, `ride_paise` of it alone.

    `why_not` is empty while it can: `late`, `contested` or `returned` else.
    """

    whole_paise: int
    ride_paise: int
    until: datetime
    why_not: str


def returnable(handshake: Handshake, *, now: datetime) -> Returnable:
    """Return what `reverse` would give back to the merchant at this moment."""
    until = handshake.created_at + MANAGER_WINDOW
    left_paise = handshake.reimbursement_paise - handshake.reversed_paise
    state = bookings.state_of(booking_id=handshake.booking_id)
    why_not = {"DISPUTED": "contested", "REVERSED": "returned"}.get(state, "")
    whole_paise = handshake.merchant_debit_paise - handshake.reversed_paise
    if not why_not and now > until:
        why_not = "late"
    elif not why_not and not whole_paise:
        why_not = "returned"
    return Returnable(whole_paise, left_paise, until, why_not)


def returned_of(*, handshake_id: UUID) -> list[Reversal]:
    """Return what was taken back of a visit, the newest first."""
    return list(Reversal.objects.filter(handshake_id=handshake_id).order_by("-created_at", "-pk"))


@transaction.atomic(durable=True)
def reverse(
    *,
    handshake_id: UUID,
    merchant_id: UUID | None,
    actor_id: UUID,
    amount_paise: int | None,
    reason: str,
    key: IdempotencyKey | None,
    now: datetime,
) -> Reversed:
    """
    Return a handshake's money to the merchant: all of it with the fees, or a part of the reimbursement.

    `merchant_id` scopes a merchant's own request (24 h); `None` is an operator (90 d, product rule 2.11).
    What the rider has spent already becomes the rider's debt, so the merchant is always made whole. A
    visit reversed in full never was: the next one is the customer's first again. The seat it took stays
    taken.

    Raises:
        UnknownHandshake, NotReversible, ReversalTooLate, ReversalTooLarge, IdempotencyKeyReused, WalletFrozen
    """
    if earlier := _answer_again(actor_id, key):
        return earlier
    scope, state = _lock_booking(handshake_id=handshake_id, merchant_id=merchant_id)
    # Again behind the lock, because a twin of this request may have been first.
    if earlier := _answer_again(actor_id, key):
        return earlier
    if state != "REDEEMED":
        raise NotReversible(f"Its booking is {state.lower()}.")
    handshake = scope.select_for_update(no_key=True).get()
    _check_window(handshake, window=MANAGER_WINDOW if merchant_id else OPERATOR_WINDOW, now=now)
    left_paise = handshake.reimbursement_paise - handshake.reversed_paise
    back_paise = left_paise if amount_paise is None else amount_paise
    if back_paise > left_paise:
        raise ReversalTooLarge(left_paise=left_paise)
    full = amount_paise is None
    fees = _fee_legs(handshake) if full else []
    uncount(handshake, back_paise + sum(leg.amount_paise for leg in fees), visits=int(full))
    legs = _reimbursement_legs(handshake, back_paise) + fees
    if not legs:
        raise NotReversible("Nothing of it is left to return.")
    reversal = Reversal(
        handshake=handshake,
        full=full,
        reimbursement_paise=back_paise,
        reason=reason,
        actor_id=actor_id,
        request_key=key.key if key else None,
        request_fingerprint=key.fingerprint if key else None,
        created_at=now,
    )
    _carry_out(reversal, legs, now=now)
    _tell_rider(reversal, now=now)
    return Reversed(reversal)


def return_unused(
    handshake: Handshake, *, paise: int, actor_id: UUID, reason: str, now: datetime
) -> None:
    """
    Return the part of a parked reimbursement that the ride did not cost, in the caller's transaction.

    The caller holds the locks of the booking and of the handshake, and decides the review afterwards.
    """
    uncount(handshake, paise, visits=0)
    legs = _reimbursement_legs(handshake, paise)
    reversal = Reversal(
        handshake=handshake,
        full=False,
        reimbursement_paise=paise,
        reason=reason,
        actor_id=actor_id,
        created_at=now,
    )
    _carry_out(reversal, legs, now=now)


def _carry_out(reversal: Reversal, legs: list[Leg], *, now: datetime) -> None:
    """Write the reversal, move its money, mark the visit and leave the trail."""
    handshake = reversal.handshake
    reversal.merchant_credit_paise = sum(leg.amount_paise for leg in legs)
    reversal.receivable_paise = sum(
        leg.amount_paise for leg in legs if leg.debit.startswith("receivable:")
    )
    _insert(reversal)
    notifications.queue_webhook(
        merchant_id=handshake.merchant_id,
        event_id=reversal.pk,
        type="handshake.reversed",
        payload={
            "handshakeId": str(handshake.pk),
            "bookingId": str(handshake.booking_id),
            "full": reversal.full,
            "amount": rupees(reversal.merchant_credit_paise),
            "at": now.isoformat(),
        },
        now=now,
    )
    wallet.post(
        kind="handshake_reversal",
        reference=f"handshake_reversal:{reversal.pk}",
        legs=legs,
        zone_code=handshake.zone_code,
        event_at=now,
        actor_id=reversal.actor_id,
        reverses=handshake.pk,
    )
    handshake.reversed_paise += reversal.reimbursement_paise
    handshake.save(update_fields=["reversed_paise"])
    if reversal.full:
        rides.mark_reversed(booking_id=handshake.booking_id, now=now)
        gamification.undo_visit(handshake_id=handshake.pk, now=now)
        merchants.forget_first_visit(
            merchant_id=handshake.merchant_id,
            person_id=handshake.rider_id,
            booking_id=handshake.booking_id,
        )
    accounts.record(
        action="handshake.reversed",
        object_type="handshake",
        object_id=str(handshake.pk),
        actor_id=reversal.actor_id,
        at=now,
        reason=reversal.reason,
        after={"full": reversal.full, "merchant_credit_paise": reversal.merchant_credit_paise},
    )


def _tell_rider(reversal: Reversal, *, now: datetime) -> None:
    """Say what went back, in the morning; why is between the merchant and us."""
    handshake = reversal.handshake
    if not reversal.reimbursement_paise:
        return
    brand = businesses.brands(merchant_ids=[handshake.merchant_id])[handshake.merchant_id]
    notifications.notify(
        person_id=handshake.rider_id,
        # Of the family of adjustments, not of visits: nobody stands at a counter, so this wakes nobody.
        kind="balance.cashback_reversed",
        say=partial(notices.reversal, reversal, brand=brand),
        data={"handshakeId": str(handshake.pk), "bookingId": str(handshake.booking_id)},
        dedupe_key=f"handshake-reversal:{reversal.pk}",
        now=now,
        timezone=businesses.zone(code=handshake.zone_code).timezone,
    )


def _answer_again(actor_id: UUID, key: IdempotencyKey | None) -> Reversed | None:
    if key is None:
        return None
    earlier = Reversal.objects.filter(actor_id=actor_id, request_key=key.key).first()
    if earlier is None:
        return None
    if bytes(earlier.request_fingerprint or b"") != key.fingerprint:
        raise IdempotencyKeyReused
    return Reversed(earlier, replayed=True)


def _lock_booking(
    *, handshake_id: UUID, merchant_id: UUID | None
) -> tuple[QuerySet[Handshake], str]:
    """Lock the booking, as a scan does before the handshake; return the handshake and its state."""
    scope = Handshake.objects.filter(pk=handshake_id)
    if merchant_id is not None:
        scope = scope.filter(merchant_id=merchant_id)
    booking_id = scope.values_list("booking_id", flat=True).first()
    if booking_id is None:
        raise UnknownHandshake
    return scope, rides.lock_state(booking_id=booking_id)


def _check_window(handshake: Handshake, *, window: timedelta, now: datetime) -> None:
    until = handshake.created_at + window
    if now > until:
        raise ReversalTooLate(until=until)


def uncount(handshake: Handshake, paise: int, *, visits: int) -> None:
    """Take the visit off the campaign's own count; allotments before accounts, as everywhere."""
    if handshake.announced_at is None:
        # Not counted yet: the follow-up waits for this row's lock and counts what is left.
        return
    (booking,) = bookings.allotments_of(booking_ids=[handshake.booking_id])
    campaigns.record_visit(
        campaign_id=booking.campaign_id, scopes=booking.scopes, spent_paise=-paise, visits=-visits
    )


def _reimbursement_legs(handshake: Handshake, paise: int) -> list[Leg]:
    """Take the sum from where it lies: parked, then the wallet, then as a debt."""
    merchant = codes.merchant_wallet(handshake.merchant_id)
    parked = codes.rider_parked(handshake.rider_id)
    pocket = codes.rider_wallet(handshake.rider_id)
    debt = codes.rider_receivable(handshake.rider_id)
    wallet.open_accounts(codes=[debt])
    balances = wallet.lock_balances(codes=[merchant, parked, pocket, debt])
    waiting = handshake.review and handshake.review_decided_at is None
    from_parked = min(paise, balances[parked]) if waiting else 0
    from_pocket = min(paise - from_parked, balances[pocket])
    parts = [(parked, from_parked), (pocket, from_pocket)]
    parts.append((debt, paise - from_parked - from_pocket))
    return [Leg(account, merchant, part) for account, part in parts if part]


def _fee_legs(handshake: Handshake) -> list[Leg]:
    """Return the fees and their tax as the handshake posted them, the other way round."""
    merchant = codes.merchant_wallet(handshake.merchant_id)
    posted = ledger.journal_transfers(journal_id=handshake.pk)
    return [
        Leg(transfer.credit, merchant, transfer.amount_paise)
        for transfer in posted
        if transfer.credit_kind in FEE_KINDS
    ]


def _insert(reversal: Reversal) -> None:
    try:
        with transaction.atomic():
            reversal.save(force_insert=True)
    except IntegrityError as twin:
        # The same key arrived twice at once, for two handshakes.
        raise IdempotencyKeyReused from twin
