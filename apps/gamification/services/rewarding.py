"""Money for awards: only from a funded pool, and back again when the ground for it is gone."""

from datetime import datetime
from logging import getLogger
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts import selectors as people
from apps.accounts import services as accounts
from apps.gamification.errors import AmountNotPositive, ReasonMissing, RewardNotOwed, UnknownPool
from apps.gamification.models import Award, PromoPool, Reward
from apps.merchants import selectors as merchants
from apps.notifications import services as notifications
from apps.wallet import codes
from apps.wallet import selectors as ledger
from apps.wallet import services as wallet
from apps.wallet.errors import InsufficientFunds, UnknownAccount, WalletFrozen
from apps.wallet.services import Leg
from uma.kernel.money import rupees

logger = getLogger(__name__)
KINDS = BADGES, MISSIONS = "badges", "missions"
_State = Reward.State


def program_of(kind: str, zone_code: str) -> str:
    """Return the pool that pays a kind of reward in a zone."""
    return f"{kind}-{zone_code.lower()}"


@transaction.atomic
def open_pools(*, zone_code: str, now: datetime) -> list[PromoPool]:
    """
    Open a zone's pools where they are not open yet; empty ones pay nothing.

    Raises:
        UnknownZone
    """
    merchants.zone(code=zone_code)
    programs = [program_of(kind, zone_code) for kind in KINDS]
    PromoPool.objects.bulk_create(
        [PromoPool(program=name, zone_code=zone_code, created_at=now) for name in programs],
        ignore_conflicts=True,
    )
    wallet.open_accounts(codes=[codes.promo_pool(name) for name in programs])
    return list(PromoPool.objects.filter(program__in=programs).order_by("program"))


def open_missing_pools(*, now: datetime) -> int:
    """Open the pools of every zone that has none, however it was opened; return of how many zones."""
    known = set(PromoPool.objects.values_list("program", flat=True))
    lacking = [
        zone.code
        for zone in merchants.zones()
        if not {program_of(kind, zone.code) for kind in KINDS} <= known
    ]
    for zone_code in lacking:
        open_pools(zone_code=zone_code, now=now)
    return len(lacking)


@transaction.atomic(durable=True)
def fund_pool(
    *,
    program: str,
    amount_paise: int,
    reference: str,
    actor_id: UUID | None,
    reason: str,
    now: datetime,
) -> None:
    """
    Put the platform's own money into custody and set it aside for rewards.

    `reference` is the bank's (UTR) and counts once. The money lies at the bank before a rider may have it,
    so that custody never falls short (rule 2.6).

    Raises:
        ReasonMissing, AmountNotPositive, UnknownPool, AlreadyPosted
    """
    if not reason.strip() or not reference.strip():
        raise ReasonMissing
    if amount_paise <= 0:
        raise AmountNotPositive
    pool = PromoPool.objects.filter(pk=program).first()
    if pool is None:
        raise UnknownPool
    zone = pool.zone_code
    legs = {
        "reserve_funding": ("bank_nodal", codes.zone_account(zone, "reserve")),
        "promo_funding": ("rewards", codes.promo_pool(program)),
    }
    wallet.open_accounts(codes=[credit for _, credit in legs.values()])
    for kind, (debit, credit) in legs.items():
        wallet.post(
            kind=kind,
            reference=f"{kind}:{reference}",
            legs=[Leg(codes.zone_account(zone, debit), credit, amount_paise)],
            zone_code=zone,
            event_at=now,
            actor_id=actor_id,
            memo=reason,
        )
    accounts.record(
        action="promo-pool.funded",
        object_type="promo_pool",
        object_id=program,
        actor_id=actor_id,
        at=now,
        reason=reason,
        after={"amount": rupees(amount_paise), "reference": reference},
    )


def settle_reward(
    *,
    subject: str,
    rider_id: UUID,
    kind: str,
    zone_code: str,
    amount_paise: int,
    earned: bool,
    now: datetime,
) -> Reward | None:
    """
    Bring the money of one award to what the award is now, in a transaction that holds the rider's lock.

    Earned: paid once, from the pool. Not earned any more: back to the pool, but only if it is unspent. What
    a pool was too empty for stays unpaid until somebody pays it at the desk.
    """
    row = Reward.objects.filter(subject=subject).first()
    if row is None:
        if not earned or amount_paise == 0:
            return None
        row = Reward(
            subject=subject,
            rider_id=rider_id,
            zone_code=zone_code,
            program=program_of(kind, zone_code),
            amount_paise=amount_paise,
            state=_State.UNFUNDED,
            changed_at=now,
        )
        row.save(force_insert=True)
        pay(row, actor_id=None, now=now)
    elif earned and row.state == _State.CLAWED_BACK:
        pay(row, actor_id=None, now=now)
    elif earned and row.state == _State.KEPT:
        _move(row, _State.PAID, now=now)
    elif not earned and row.state == _State.PAID:
        _claw_back(row, now=now)
    return row


def pay(row: Reward, *, actor_id: UUID | None, now: datetime) -> bool:
    """Pay a reward from its pool and say whether the pool had the money."""
    pocket = codes.rider_wallet(row.rider_id)
    try:
        row.journal_id = wallet.post(
            kind="reward",
            reference=f"reward:{row.subject}:{row.payments + 1}",
            legs=[Leg(codes.promo_pool(row.program), pocket, row.amount_paise)],
            zone_code=row.zone_code,
            event_at=now,
            actor_id=actor_id,
        )
    except (InsufficientFunds, UnknownAccount, WalletFrozen):
        _move(row, _State.UNFUNDED, now=now)
        _alert(row, now=now)
        return False
    row.payments += 1
    _move(row, _State.PAID, now=now)
    return True


@transaction.atomic(durable=True)
def pay_again(*, reward_id: UUID, actor_id: UUID, reason: str, now: datetime) -> None:
    """
    Pay a reward that its pool was too empty for, now that there is money.

    Raises:
        ReasonMissing
        RewardNotOwed: paid, taken back, or the pool is still too empty
    """
    if not reason.strip():
        raise ReasonMissing
    rider_id = Reward.objects.filter(pk=reward_id).values_list("rider_id", flat=True).first()
    if rider_id is None or not accounts.lock_person(person_id=rider_id, wait=True):
        raise RewardNotOwed
    row = Reward.objects.get(pk=reward_id)
    if row.state != _State.UNFUNDED or not _is_earned(row):
        raise RewardNotOwed
    if not pay(row, actor_id=actor_id, now=now):
        raise RewardNotOwed("Its pool is still too empty.")
    accounts.record(
        action="reward.paid",
        object_type="reward",
        object_id=str(row.pk),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={"state": _State.UNFUNDED.value},
        after={"state": row.state},
    )


def _is_earned(row: Reward) -> bool:
    kind, _, key = row.subject.partition(":")
    return kind != "badge" or Award.objects.filter(pk=key, revoked_at=None).exists()


def _claw_back(row: Reward, *, now: datetime) -> None:
    pocket = codes.rider_wallet(row.rider_id)
    assert row.journal_id is not None
    if ledger.balances_paise(codes=[pocket])[pocket] < row.amount_paise:
        _move(row, _State.KEPT, now=now)
        return
    try:
        wallet.post(
            kind="reward_clawback",
            reference=f"reward_clawback:{row.subject}:{row.payments}",
            legs=[Leg(pocket, codes.promo_pool(row.program), row.amount_paise)],
            zone_code=row.zone_code,
            event_at=now,
            actor_id=None,
            reverses=row.journal_id,
        )
    except (InsufficientFunds, WalletFrozen):
        # Spent between the look and the posting.
        _move(row, _State.KEPT, now=now)
    else:
        _move(row, _State.CLAWED_BACK, now=now)


def _move(row: Reward, state: Reward.State, *, now: datetime) -> None:
    row.state, row.changed_at = state, now
    row.save(update_fields=["state", "payments", "journal_id", "changed_at"])


def _alert(row: Reward, *, now: datetime) -> None:
    """Tell once a day those who can fill the pool."""
    logger.error("a pool of rewards is empty", extra={"zone": row.zone_code, "row": row.program})
    for operator_id in people.operators_with(
        permission="gamification.fund_promo_pool", zone_code=row.zone_code
    ):
        notifications.notify(
            person_id=operator_id,
            kind="operator.promo_pool",
            say=lambda: (
                _("The pool %(name)s is empty") % {"name": row.program},
                _("Badges are awarded without their money until it is filled."),
            ),
            data={"program": row.program},
            dedupe_key=f"promo-pool:{row.program}:{operator_id}:{now:%Y-%m-%d}",
            now=now,
        )
