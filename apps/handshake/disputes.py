"""Contesting a handshake: the rider's money is parked until a person decides for one side."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.accounts import services as accounts
from apps.gamification import services as gamification
from apps.handshake import pricing, reversals
from apps.handshake.errors import DisputeTooLate, NotDisputable, UnknownHandshake
from apps.handshake.models import Dispute, Handshake
from apps.rides import selectors as bookings
from apps.rides import services as rides
from apps.wallet import codes
from apps.wallet import services as wallet
from apps.wallet.services import Leg

OPEN_FOR = timedelta(days=14)
DECIDED_WITHIN = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class Decided:
    """A dispute that was decided, and what of the parked money went to the side that won, in paise."""

    dispute: Dispute
    moved_paise: int


@transaction.atomic(durable=True)
def open_dispute(
    *, handshake: Handshake, opened_by: UUID, opened_as: str, reason: str, now: datetime
) -> Dispute:
    """
    Open the dispute of a handshake by its rider or its merchant, up to 14 days after (product rule 2.11).

    What the rider still has of the reimbursement moves from the wallet to parked (posting 6 of rule 2.6).

    Raises:
        NotDisputable: the booking is not redeemed, or it was disputed before
        DisputeTooLate, WalletFrozen
    """
    until = handshake.created_at + OPEN_FOR
    if now > until:
        raise DisputeTooLate(until=until)
    state = rides.lock_state(booking_id=handshake.booking_id)
    if state != "REDEEMED" or Dispute.objects.filter(handshake=handshake).exists():
        raise NotDisputable
    # As it is behind the booking's lock, which everybody who moves this money takes first.
    current = Handshake.objects.get(pk=handshake.pk)
    parked_paise = _park(current, now=now, actor_id=opened_by)
    rides.mark_disputed(booking_id=current.booking_id, now=now)
    return Dispute.objects.create(
        handshake=current,
        opened_by=opened_by,
        opened_as=opened_as,
        reason=reason,
        parked_paise=parked_paise,
        opened_at=now,
        due_at=now + DECIDED_WITHIN,
    )


def _park(handshake: Handshake, *, now: datetime, actor_id: UUID) -> int:
    """Park what is left of the reimbursement and return how much is parked for it now, in paise."""
    pocket = codes.rider_wallet(handshake.rider_id)
    parked = codes.rider_parked(handshake.rider_id)
    balances = wallet.lock_balances(codes=[pocket, parked])
    left_paise = handshake.reimbursement_paise - handshake.reversed_paise
    if handshake.review and handshake.review_decided_at is None:
        return left_paise
    paise = min(left_paise, balances[pocket])
    if paise:
        wallet.post(
            kind="dispute_open",
            reference=f"dispute_open:{handshake.pk}",
            legs=[Leg(pocket, parked, paise)],
            zone_code=handshake.zone_code,
            event_at=now,
            actor_id=actor_id,
        )
    return paise


@transaction.atomic(durable=True)
def decide(
    *, dispute_id: UUID, for_merchant: bool, actor_id: UUID, reason: str, now: datetime
) -> Decided:
    """
    Close a dispute: the parked money goes back to the merchant, or to the rider's wallet.

    The fees stay as they are; returning those too is a reversal. A visit that its rider lost is no visit
    any more in the campaign's count, and remains the customer's first, since its fees stay. A rider who wins
    what waited for a look since the scan is paid by the fare, as an approval pays.

    Raises:
        UnknownHandshake: no such open dispute
    """
    booking_id = (
        Dispute.objects.filter(pk=dispute_id, state=Dispute.State.OPEN)
        .values_list("handshake__booking_id", flat=True)
        .first()
    )
    if booking_id is None:
        raise UnknownHandshake("There is no such open dispute.")
    # The booking's lock queues whoever decides; the handshake's waits for its announcement to have counted.
    rides.lock_state(booking_id=booking_id)
    dispute = Dispute.objects.get(pk=dispute_id)
    if dispute.state != Dispute.State.OPEN:
        raise UnknownHandshake("This dispute is already decided.")
    handshake = Handshake.objects.select_for_update(no_key=True).get(pk=dispute.handshake_id)
    moved_paise = dispute.parked_paise
    if for_merchant:
        reversals.uncount(handshake, moved_paise, visits=1)
    elif handshake.review and handshake.review_decided_at is None:
        moved_paise = _earned(handshake, moved_paise, actor_id=actor_id, reason=reason, now=now)
    to = (codes.merchant_wallet if for_merchant else codes.rider_wallet)(
        handshake.merchant_id if for_merchant else handshake.rider_id
    )
    if moved_paise:
        wallet.post(
            kind="dispute_lost" if for_merchant else "dispute_won",
            reference=f"dispute_decided:{dispute.pk}",
            legs=[Leg(codes.rider_parked(handshake.rider_id), to, moved_paise)],
            zone_code=handshake.zone_code,
            event_at=now,
            actor_id=actor_id,
            reverses=handshake.pk if for_merchant else None,
        )
    if handshake.review and handshake.review_decided_at is None:
        handshake.review_decided_at = now
    if for_merchant:
        handshake.reversed_paise += moved_paise
        rides.mark_reversed(booking_id=booking_id, now=now)
        gamification.undo_visit(handshake_id=handshake.pk, now=now)
    else:
        rides.mark_upheld(booking_id=booking_id, now=now)
    handshake.save(update_fields=["reversed_paise", "review_decided_at"])
    dispute.state = Dispute.State.FOR_MERCHANT if for_merchant else Dispute.State.FOR_RIDER
    dispute.decided_at, dispute.decided_by = now, actor_id
    dispute.save(update_fields=["state", "decided_at", "decided_by"])
    accounts.record(
        action="dispute.decided",
        object_type="handshake",
        object_id=str(handshake.pk),
        actor_id=actor_id,
        at=now,
        reason=reason,
        after={"state": dispute.state, "parked_paise": dispute.parked_paise},
    )
    return Decided(dispute, moved_paise)


@transaction.atomic(durable=True)
def approve_review(*, handshake_id: UUID, actor_id: UUID, reason: str, now: datetime) -> int:
    """
    Pay out a reimbursement that waited for a look, and return how much, in paise; saying no is a reversal.

    A ride whose fare was told meanwhile is paid by that fare, as the deal was sold (product rule 1.1): what
    of the parked cap it did not cost goes back to the merchant. Without a fare the cap is paid.

    Raises:
        UnknownHandshake: no such handshake waits
    """
    waiting = Handshake.objects.filter(pk=handshake_id, review=True, review_decided_at__isnull=True)
    booking_id = waiting.values_list("booking_id", flat=True).first()
    if booking_id is None or rides.lock_state(booking_id=booking_id) != "REDEEMED":
        raise UnknownHandshake("No such handshake waits for a review.")
    handshake = waiting.select_for_update(no_key=True).first()
    if handshake is None:
        raise UnknownHandshake("No such handshake waits for a review.")
    left_paise = handshake.reimbursement_paise - handshake.reversed_paise
    paid_paise = _earned(handshake, left_paise, actor_id=actor_id, reason=reason, now=now)
    if paid_paise:
        wallet.post(
            kind="unpark",
            reference=f"unpark:{handshake.pk}",
            legs=[
                Leg(
                    codes.rider_parked(handshake.rider_id),
                    codes.rider_wallet(handshake.rider_id),
                    paid_paise,
                )
            ],
            zone_code=handshake.zone_code,
            event_at=now,
            actor_id=actor_id,
        )
    handshake.review_decided_at = now
    handshake.save(update_fields=["review_decided_at"])
    accounts.record(
        action="handshake.review-approved",
        object_type="handshake",
        object_id=str(handshake.pk),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={"review": "waiting"},
        after={"review": "approved"},
    )
    return paid_paise


def _earned(
    handshake: Handshake, parked_paise: int, *, actor_id: UUID, reason: str, now: datetime
) -> int:
    """
    Return what of a reimbursement parked at the scan is the rider's, in paise; the rest goes back.

    A deal that pays the ride pays its fare, which may have been told after the scan (product rule 1.1). The
    booking's lock is held, so no fare is told between this look and the payment.
    """
    subsidy = bookings.subsidy_of(booking_id=handshake.booking_id)
    earned_paise = min(parked_paise, pricing.reimbursement_paise(subsidy))
    if unused_paise := parked_paise - earned_paise:
        reversals.return_unused(
            handshake, paise=unused_paise, actor_id=actor_id, reason=reason, now=now
        )
    return earned_paise
