"""
Writes: one operator proposes to give money to a wallet or take it, another agrees or refuses (product rule 1.8).

Money moves when a second operator agrees. Small presents are booked by whoever gives them, up to ₹500 a day
and wallet. A form that is sent twice is one proposal. Locks: the adjustment's row, then the person's, then
the balances'.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q, Sum
from django.utils.translation import gettext as _

from apps.accounts import services as accounts
from apps.accounts.errors import UnknownPerson
from apps.merchants import selectors as merchants
from apps.merchants.errors import UnknownMerchant
from apps.notifications import services as notifications
from apps.payments import selectors
from apps.payments.errors import (
    AdjustmentNotOpen,
    AdjustmentNotPossible,
    OwnPayout,
    SelfApproval,
)
from apps.payments.models import ALONE_PAISE, MOST_PAISE, Adjustment
from apps.payments.services import reasons
from apps.payments.services.caps import keep_within_limits
from apps.wallet import codes
from apps.wallet import services as wallet
from apps.wallet.codes import ZoneAccount
from uma.kernel.money import rupees, written

WAITS_FOR = timedelta(days=7)
A_DAY = timedelta(days=1)
State, Direction = Adjustment.State, Adjustment.Direction


@transaction.atomic(durable=True)
def propose_adjustment(
    *,
    adjustment_id: UUID,
    person_id: UUID | None,
    merchant_id: UUID | None,
    gives: bool,
    amount_paise: int,
    actor_id: UUID,
    within: Collection[str] | None,
    reason: str,
    now: datetime,
) -> Adjustment:
    """
    Propose an adjustment of a rider's or a merchant's wallet; what one operator may give alone is booked.

    Alone is ₹500 to a wallet within a day, whoever gave it, so that many small ones are no way round; taking
    money needs a second operator at any amount. `within` are the zones where the actor may; None is all.
    `adjustment_id` is of one form: the same answers again find the first row, and nothing moves.

    Raises:
        DeskReasonRequired, OwnPayout
        AdjustmentNotPossible: also when `adjustment_id` came before with other answers
        UnknownPerson, UnknownMerchant: also for one of another zone
        AccountClosed
    """
    reasons.require(reason)
    assert (person_id is None) != (merchant_id is None)
    if not 1 <= amount_paise <= MOST_PAISE:
        raise AdjustmentNotPossible(f"From ₹0.01 to ₹{rupees(MOST_PAISE):,}.")
    row = Adjustment(
        id=adjustment_id,
        person_id=person_id,
        merchant_id=merchant_id,
        zone_code=_zone_of(person_id, merchant_id, within=within),
        direction=Direction.GIVE if gives else Direction.TAKE,
        amount_paise=amount_paise,
        reason=reason,
        proposed_by=actor_id,
        proposed_at=now,
        expires_at=now + WAITS_FOR,
    )
    _refuse_own(row, actor_id)
    if earlier := _insert(row):
        return earlier
    # Of two small presents at once the second counts the first.
    _lock_wallet(row)
    alone = gives and amount_paise + _given_alone_paise(row, now=now) <= ALONE_PAISE
    if alone:
        _book(row, actor_id=actor_id, because=reason, now=now)
        row.save()
    _record(row, "adjustment.given" if alone else "adjustment.proposed", actor_id, reason, now=now)
    if alone:
        _follow_up(row, now=now)
    return row


@transaction.atomic(durable=True)
def approve_adjustment(
    *, adjustment_id: UUID, actor_id: UUID, reason: str, now: datetime
) -> Adjustment:
    """
    Agree to what another operator proposed: the money moves now, once.

    Raises:
        DeskReasonRequired, AdjustmentNotOpen, SelfApproval, OwnPayout, AccountClosed
        InsufficientFunds, WalletFrozen: there is not as much to take, or not now; it still waits
    """
    reasons.require(reason)
    row = _lock_open(adjustment_id, actor_id=actor_id, now=now)
    _lock_wallet(row)
    _book(row, actor_id=actor_id, because=reason, now=now)
    row.save()
    _record(row, "adjustment.approved", actor_id, reason, now=now, before=State.PROPOSED)
    _follow_up(row, now=now)
    return row


@transaction.atomic(durable=True)
def refuse_adjustment(
    *, adjustment_id: UUID, actor_id: UUID, reason: str, now: datetime
) -> Adjustment:
    """
    Refuse what another operator proposed: nothing moves.

    Raises:
        DeskReasonRequired, AdjustmentNotOpen, SelfApproval, OwnPayout
    """
    reasons.require(reason)
    row = _lock_open(adjustment_id, actor_id=actor_id, now=now)
    row.state, row.decided_by, row.decided_at = State.REFUSED, actor_id, now
    row.decided_because = reason
    row.save()
    _record(row, "adjustment.refused", actor_id, reason, now=now, before=State.PROPOSED)
    return row


def expire_adjustments(*, now: datetime) -> int:
    """Close what nobody decided in time, each in a transaction; return how many."""
    due = Adjustment.objects.filter(state=State.PROPOSED, expires_at__lte=now).order_by("pk")
    return sum(_expire(pk, now=now) for pk in list(due.values_list("pk", flat=True)))


@transaction.atomic
def _expire(adjustment_id: UUID, *, now: datetime) -> bool:
    # The update decides between this, its twin, and whoever decides at this moment.
    rows = Adjustment.objects.filter(pk=adjustment_id, state=State.PROPOSED)
    if not rows.update(state=State.EXPIRED, decided_at=now):
        return False
    row = Adjustment.objects.get(pk=adjustment_id)
    _record(row, "adjustment.expired", None, "", now=now, before=State.PROPOSED)
    return True


def _zone_of(
    person_id: UUID | None, merchant_id: UUID | None, *, within: Collection[str] | None
) -> str:
    if merchant_id is not None:
        zone_code = merchants.merchant(merchant_id=merchant_id).zone_id
    else:
        assert person_id is not None
        zone_code = selectors.money_zone(person_id=person_id)
    if within is not None and zone_code not in within:
        # As if there were none: whose money lies elsewhere is not probed from here.
        raise UnknownMerchant if merchant_id is not None else UnknownPerson
    if not zone_code:
        raise AdjustmentNotPossible("This wallet lies in no city yet.")
    return zone_code


def _insert(row: Adjustment) -> Adjustment | None:
    """Insert the row, or return the one that the same form made before, with the same answers."""
    try:
        # Of two clicks on one button the second waits at the key until the first has committed.
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        earlier = Adjustment.objects.filter(pk=row.pk).first()
        if earlier is None:
            raise
        if _asked(earlier) != _asked(row):
            raise AdjustmentNotPossible(
                "This form was sent before with other answers. Open it anew for another adjustment."
            ) from None
        return earlier
    return None


def _asked(row: Adjustment) -> tuple[object, ...]:
    whose = row.person_id, row.merchant_id
    return row.proposed_by, *whose, row.direction, row.amount_paise, row.reason


def _refuse_own(row: Adjustment, actor_id: UUID) -> None:
    if row.merchant_id is None:
        own = row.person_id == actor_id
    else:
        posts = merchants.posts_of(merchant_ids=[row.merchant_id])
        own = actor_id in posts.get(row.merchant_id, set())
    if own:
        raise OwnPayout


def _lock_open(adjustment_id: UUID, *, actor_id: UUID, now: datetime) -> Adjustment:
    # Of two who decide at once the second waits here and finds it decided.
    rows = Adjustment.objects.select_for_update(no_key=True)
    row = rows.filter(pk=adjustment_id, state=State.PROPOSED, expires_at__gt=now).first()
    if row is None:
        raise AdjustmentNotOpen
    if row.proposed_by == actor_id:
        raise SelfApproval
    _refuse_own(row, actor_id)
    return row


def _pocket(row: Adjustment) -> str:
    if row.merchant_id is not None:
        return codes.merchant_wallet(row.merchant_id)
    assert row.person_id is not None
    return codes.rider_wallet(row.person_id)


def _lock_wallet(row: Adjustment) -> None:
    needed = [_pocket(row)]
    # What is owed is paid behind the present: its balance is locked here, in the order of accounts.
    if row.merchant_id is not None:
        needed += [codes.merchant_receivable(row.merchant_id)]
    else:
        assert row.person_id is not None
        accounts.lock_payee(person_id=row.person_id)
        needed += [codes.rider_receivable(row.person_id), codes.rider_over_limit(row.person_id)]
    wallet.open_accounts(codes=needed)
    wallet.lock_balances(codes=needed)


def _given_alone_paise(row: Adjustment, *, now: datetime) -> int:
    """Return what one operator alone gave this wallet within a day, in paise."""
    whose = Q(person=row.person_id) if row.person_id else Q(merchant=row.merchant_id)
    found = Adjustment.objects.filter(
        whose,
        state=State.BOOKED,
        direction=Direction.GIVE,
        proposed_at__gt=now - A_DAY,
        decided_by=F("proposed_by"),
    ).aggregate(paise=Sum("amount_paise"))
    return found["paise"] or 0


def _book(row: Adjustment, *, actor_id: UUID, because: str, now: datetime) -> None:
    ours = codes.zone_account(row.zone_code, ZoneAccount.GOODWILL)
    between = (ours, _pocket(row)) if row.direction == Direction.GIVE else (_pocket(row), ours)
    # The name is good for one posting: behind the row's lock, the ledger takes it once.
    row.journal_id = wallet.post(
        kind="adjustment",
        reference=f"adjustment:{row.pk}",
        legs=[wallet.Leg(*between, row.amount_paise)],
        zone_code=row.zone_code,
        event_at=now,
        actor_id=actor_id,
    )
    row.state, row.decided_by, row.decided_at = State.BOOKED, actor_id, now
    row.decided_because = because


def _follow_up(row: Adjustment, *, now: datetime) -> None:
    """Pay a debt first; a rider is told, and what is over the rider's limits is set apart."""
    gives = row.direction == Direction.GIVE
    if row.merchant_id is not None:
        if gives:
            wallet.recover_merchant_debt(
                merchant_id=row.merchant_id,
                reference=f"merchant_debt_recovery:adjustment:{row.pk}",
                zone_code=row.zone_code,
                event_at=now,
            )
        return
    assert row.person_id is not None
    if gives:
        wallet.recover_debt(
            rider_id=row.person_id,
            reference=f"debt_recovery:adjustment:{row.pk}",
            zone_code=row.zone_code,
            event_at=now,
        )
    amount = {"amount": written(row.amount_paise)}
    notifications.notify(
        person_id=row.person_id,
        kind="balance.adjusted",
        say=lambda: (
            (_("%(amount)s for you") if gives else _("%(amount)s taken from your wallet")) % amount,
            _("Somebody of UMA adjusted your wallet. Your statement shows it."),
        ),
        data={"adjustmentId": str(row.pk)},
        dedupe_key=f"adjustment:{row.pk}",
        now=now,
        timezone=selectors.clock_of(row.zone_code),
    )
    keep_within_limits(person_id=row.person_id, now=now)


def _record(
    row: Adjustment,
    action: str,
    actor_id: UUID | None,
    reason: str,
    *,
    now: datetime,
    before: Adjustment.State | None = None,
) -> None:
    accounts.record(
        action=action,
        object_type="adjustment",
        object_id=str(row.pk),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={"state": before.value} if before else None,
        after={
            "state": str(row.state),
            "direction": str(row.direction),
            "amount_paise": row.amount_paise,
            "of": str(row.person_id or row.merchant_id),
        },
    )
