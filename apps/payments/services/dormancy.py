"""
Writes: a rider who was not seen for years is told, the money is set aside, and it comes back when asked for.

Everything happens under the person's lock and then the balances', in that order, as a withdrawal does.
"""

from datetime import datetime, timedelta
from logging import getLogger
from uuid import UUID

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.accounts import services as accounts
from apps.notifications import services as notifications
from apps.notifications.services import Say
from apps.payments import selectors
from apps.payments.errors import DormantMoneyNotThere, OwnPayout
from apps.payments.models import DormantWallet
from apps.payments.services import reasons
from apps.payments.services.caps import keep_within_limits
from apps.wallet import codes
from apps.wallet import selectors as ledger
from apps.wallet import services as wallet
from apps.wallet.codes import ZoneAccount
from uma.kernel import zones
from uma.kernel.errors import DomainError
from uma.kernel.money import written

logger = getLogger(__name__)
BATCH = 500
OWN_WISH = "asked for by the rider"
State = DormantWallet.State


def tend_dormant_wallets(*, now: datetime, batch: int = BATCH) -> int:
    """Tell, set aside or let go whoever's time has come, each in a transaction; return how many."""
    warned = DormantWallet.objects.filter(state=State.WARNED).order_by("pk")
    # Whoever was told and came back is no sleeper any more.
    known = list(warned.values_list("person_id", flat=True))
    done = 0
    for person_id in {
        **dict.fromkeys(known),
        **dict.fromkeys(selectors.sleepers(now=now, batch=batch)),
    }:
        try:
            done += tend_dormant_wallet(person_id=person_id, now=now)
        except DomainError:
            # One that fails stops none of the others; the next night meets it again.
            logger.exception("a dormant wallet could not be kept", extra={"user_id": person_id})
    return done


@transaction.atomic
def tend_dormant_wallet(*, person_id: UUID, now: datetime) -> bool:
    """
    Take the next step of one rider's wallet if its time has come; tell whether there was one.

    A frozen wallet waits. Nothing moves of which the rider was not told in time.

    Raises:
        UnknownPerson, AccountClosed
    """
    accounts.lock_payee(person_id=person_id)
    pocket, debt = codes.rider_wallet(person_id), codes.rider_receivable(person_id)
    wallet.open_accounts(codes=[pocket, debt])
    # A visit credits without the person's lock; it waits at the wallet's.
    paise = wallet.lock_balances(codes=[pocket, debt])[pocket]
    zone_code = selectors.money_zone(person_id=person_id)
    clock = selectors.clock_of(zone_code)
    sleep = selectors.sleep_of(person_id=person_id, clock=clock, now=now)
    told = DormantWallet.objects.filter(person_id=person_id, state=State.WARNED).first()
    if told is None:
        if not paise or now < sleep.warn_from:
            return False
        _warn(person_id, zone_code, sleep, paise, clock=clock, now=now)
        return True
    if sleep.last_act_at > told.last_act_at or not paise:
        told.state, told.ended_at = State.AWAKE, now
        told.save(update_fields=["state", "ended_at"])
        return True
    if now < told.due_at or ledger.purses(codes=[pocket])[pocket].frozen:
        return False
    _set_aside(told, now=now)
    return True


@transaction.atomic(durable=True)
def return_dormant_money(
    *, dormant_id: UUID, actor_id: UUID, reason: str, now: datetime
) -> DormantWallet:
    """
    Give what was set aside back into its rider's wallet, by an operator's act.

    Raises:
        DeskReasonRequired, OwnPayout, DormantMoneyNotThere, UnknownPerson, AccountClosed
    """
    reasons.require(reason)
    row = DormantWallet.objects.filter(pk=dormant_id).first()
    if row is None:
        raise DormantMoneyNotThere
    if row.person_id == actor_id:
        raise OwnPayout
    accounts.lock_payee(person_id=row.person_id)
    row.refresh_from_db()
    if row.state != State.MOVED:
        raise DormantMoneyNotThere
    _give_back(row, actor_id=actor_id, reason=reason, now=now)
    accounts.record(
        action="dormant-wallet.returned",
        object_type="dormant-wallet",
        object_id=str(row.pk),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={"state": State.MOVED.value},
        after={"state": State.RETURNED.value, "amount_paise": row.amount_paise},
    )
    keep_within_limits(person_id=row.person_id, now=now)
    return row


@transaction.atomic(durable=True)
def claim_dormant_money(*, person_id: UUID, now: datetime) -> int:
    """
    Give a rider back all that was set aside, by the rider's own wish; return the paise, 0 the second time.

    Raises:
        UnknownPerson, AccountClosed
    """
    accounts.lock_payee(person_id=person_id)
    rows = list(DormantWallet.objects.filter(person_id=person_id, state=State.MOVED).order_by("pk"))
    for row in rows:
        _give_back(row, actor_id=person_id, reason=OWN_WISH, now=now)
    if rows:
        keep_within_limits(person_id=person_id, now=now)
    return sum(row.amount_paise or 0 for row in rows)


def _warn(
    person_id: UUID,
    zone_code: str,
    sleep: selectors.Sleep,
    paise: int,
    *,
    clock: str,
    now: datetime,
) -> None:
    # Who is found late, as all are on the first night, is told as long before as anybody.
    soonest = zones.midnight(zones.day_of(now, clock) + timedelta(days=sleep.warn_days), clock)
    row = DormantWallet.objects.create(
        person_id=person_id,
        zone_code=zone_code,
        last_act_at=sleep.last_act_at,
        warned_at=now,
        due_at=max(sleep.dormant_at, soonest),
    )
    day = zones.day_of(row.due_at, clock)
    _tell(
        row,
        "warned",
        lambda: (
            _("%(amount)s waits in your wallet") % {"amount": written(paise)},
            _("You were not here for long. Open UMA before %(day)s, or we set it aside for you.")
            % {"day": date_format(day, "j F Y")},
        ),
        clock=clock,
        now=now,
    )


def _set_aside(row: DormantWallet, *, now: datetime) -> None:
    pocket = codes.rider_wallet(row.person_id)
    wallet.recover_debt(
        rider_id=row.person_id,
        reference=f"debt_recovery:dormancy:{row.pk}",
        zone_code=row.zone_code,
        event_at=now,
    )
    paise = ledger.balance_paise(code=pocket)
    if not paise:
        row.state, row.ended_at = State.AWAKE, now
        row.save(update_fields=["state", "ended_at"])
        return
    aside = codes.zone_account(row.zone_code, ZoneAccount.UNCLAIMED)
    wallet.open_accounts(codes=[aside])
    row.moved_journal_id = wallet.post(
        kind="dormancy",
        reference=f"dormancy:{row.pk}",
        legs=[wallet.Leg(pocket, aside, paise)],
        zone_code=row.zone_code,
        event_at=now,
        actor_id=None,
    )
    row.amount_paise, row.moved_at, row.state = paise, now, State.MOVED
    row.save(update_fields=["amount_paise", "moved_journal_id", "moved_at", "state"])
    _tell(
        row,
        "moved",
        lambda: (
            _("%(amount)s was set aside for you") % {"amount": written(paise)},
            _("It stays yours for ever: your wallet in UMA gives it back when you ask."),
        ),
        clock=selectors.clock_of(row.zone_code),
        now=now,
    )


def _give_back(row: DormantWallet, *, actor_id: UUID, reason: str, now: datetime) -> None:
    """Post the money back; the caller has the person's lock, and the row is MOVED under it."""
    assert row.amount_paise is not None
    pocket, debt = codes.rider_wallet(row.person_id), codes.rider_receivable(row.person_id)
    apart = codes.rider_over_limit(row.person_id)
    wallet.open_accounts(codes=[pocket, debt, apart])
    wallet.lock_balances(codes=[pocket, debt, apart])
    row.returned_journal_id = wallet.post(
        kind="dormancy_back",
        reference=f"dormancy_back:{row.pk}",
        legs=[
            wallet.Leg(
                codes.zone_account(row.zone_code, ZoneAccount.UNCLAIMED), pocket, row.amount_paise
            )
        ],
        zone_code=row.zone_code,
        event_at=now,
        actor_id=actor_id,
        reverses=row.moved_journal_id,
    )
    row.state, row.ended_at = State.RETURNED, now
    row.returned_by, row.returned_because = actor_id, reason
    row.save(
        update_fields=[
            "state", "ended_at", "returned_journal_id", "returned_by", "returned_because",
        ]
    )  # fmt: skip
    wallet.recover_debt(
        rider_id=row.person_id,
        reference=f"debt_recovery:dormancy_back:{row.pk}",
        zone_code=row.zone_code,
        event_at=now,
    )
    back_paise = row.amount_paise
    _tell(
        row,
        "returned",
        lambda: (
            _("%(amount)s is back in your wallet") % {"amount": written(back_paise)},
            _("What was set aside while you were away is yours to take out again."),
        ),
        clock=selectors.clock_of(row.zone_code),
        now=now,
    )


def _tell(row: DormantWallet, what: str, say: Say, *, clock: str, now: datetime) -> None:
    notifications.notify(
        person_id=row.person_id,
        kind=f"balance.dormancy_{what}",
        say=say,
        data={"dormantWalletId": str(row.pk)},
        dedupe_key=f"dormancy:{row.pk}:{what}",
        now=now,
        timezone=clock,
    )
