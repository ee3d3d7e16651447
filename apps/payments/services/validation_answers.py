"""
What a bank said of a payout account, believed: the account is verified, left to a person, or refused.

Whoever brings Razorpay's answer, and however often, it is applied by the same rule: an open question ends once.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.accounts import selectors as people
from apps.accounts import services as accounts
from apps.merchants import selectors as merchants
from apps.notifications import services as notifications
from apps.payments import selectors
from apps.payments.models import AccountValidation, FundAccount
from apps.payments.names import Likeness, likeness
from apps.payments.razorpayx import ValidationFacts
from apps.payments.services.payout_steps import LEASE
from apps.payments.validation_states import ANSWERED, ENDS, State

logger = logging.getLogger(__name__)

# Each question costs money, and whoever asks for many collects what is paid to the accounts (Razorpay, fund
# account validation, FAQ): more wait a day.
MOST_A_DAY = 3
# After so many questions that found nothing out, a person looks.
MOST_TRIES = 5
FIRST_PAUSE = timedelta(minutes=15)
_OF_A_NAME = {
    Likeness.MATCH: State.MATCHED,
    Likeness.CLOSE: State.CLOSE,
    Likeness.MISMATCH: State.MISMATCHED,
}
_NEWS = {
    State.MATCHED: (
        "fund_account.verified",
        _("Your account is confirmed"),
        _("The bank's name of %(account)s fits yours."),
    ),
    State.MISMATCHED: (
        "fund_account.name_mismatch",
        _("This account is in another name"),
        _(
            "The bank's name of %(account)s is not yours, so nothing is paid to it. Add an account in your own name."
        ),
    ),
    State.INVALID: (
        "fund_account.not_found",
        _("The bank does not know this account"),
        _(
            "Nothing can be paid to %(account)s. Check what you entered and add it again, or add another account."
        ),
    ),
}


def begin_validation(
    account: FundAccount, *, told_id: UUID | None, now: datetime, due_at: datetime | None = None
) -> AccountValidation:
    """Have the account's bank asked by the next run of the job, or from `due_at` on; in the caller's transaction."""
    if account.person_id is not None:
        zone_code = selectors.money_zone(person_id=account.person_id)
    else:
        assert account.merchant_id is not None
        zone_code = merchants.merchant(merchant_id=account.merchant_id).zone_id
    if due_at is None:
        mine = Q(
            fund_account__person_id=account.person_id, fund_account__merchant_id=account.merchant_id
        )
        lately = AccountValidation.objects.filter(mine, created_at__gt=now - timedelta(days=1))
        due_at = now if lately.count() < MOST_A_DAY else now + timedelta(days=1)
    return AccountValidation.objects.create(
        fund_account=account,
        zone_code=zone_code,
        told_id=told_id,
        created_at=now,
        next_look_at=due_at,
    )


def drop_waiting(account: FundAccount, *, now: datetime) -> None:
    """End a question that nobody was asked yet."""
    rows = AccountValidation.objects.filter(fund_account=account, state=State.WAITING)
    rows.update(state=State.DROPPED, next_look_at=None, ended_at=now)


def lock_validation(*, validation_id: UUID) -> AccountValidation | None:
    """Return the question with its account, both locked: first the account, as everywhere."""
    of = AccountValidation.objects.filter(pk=validation_id).values_list("fund_account_id").first()
    if of is None:
        return None
    account = FundAccount.objects.select_for_update(no_key=True).get(pk=of[0])
    locked = AccountValidation.objects.select_for_update(no_key=True).get(pk=validation_id)
    locked.fund_account = account
    return locked


def record_validation(*, validation_id: UUID, facts: ValidationFacts, now: datetime) -> str:
    """
    Apply what Razorpay's API said of a question; return what became of it.

    The new state's name, or `unchanged`, `old_news`, `differs` (not what was asked), `unknown_validation`.
    """
    with transaction.atomic(durable=True):
        locked = lock_validation(validation_id=validation_id)
        if locked is None:
            return "unknown_validation"
        if _differs(locked, facts):
            logger.error("a validation is not what was asked for", extra={"row": str(locked.pk)})
            return "differs"
        if locked.state in ENDS:
            return _after_the_end(locked, facts)
        locked.razorpay_id = facts.id
        if facts.status == "created":
            before, locked.state = locked.state, State.CREATED
            locked.next_look_at = now + LEASE
            locked.save(update_fields=["state", "razorpay_id", "next_look_at"])
            return "unchanged" if before == State.CREATED else State.CREATED.value
        state = _state_of(locked.fund_account, facts)
        end(locked, state, reason=facts.reason, name=facts.registered_name, now=now)
        return State(locked.state).value


def end(
    locked: AccountValidation, state: State, *, reason: str, now: datetime, name: str = ""
) -> None:
    """End a locked question, with what follows for its account and what its payee is told."""
    account = locked.fund_account
    if account.removed_at is not None and state in ANSWERED:
        # Whoever left took the name along that it would have been compared with.
        state, reason, name = State.FAILED, "removed", ""
    locked.state, locked.next_look_at, locked.ended_at = state, None, now
    locked.reason = reason[:64]
    locked.registered_name = name if state in ANSWERED else ""
    locked.save(
        update_fields=[
            "state", "next_look_at", "ended_at", "reason", "registered_name", "razorpay_id",
        ]
    )  # fmt: skip
    if account.removed_at is not None or account.verified_at is not None:
        return
    if state == State.MATCHED:
        account.verified_at, account.verified_through = now, locked
        account.save(update_fields=["verified_at", "verified_through"])
        accounts.record(
            action="fund_account.verified",
            object_type="fund_account",
            object_id=str(account.pk),
            actor_id=None,
            at=now,
            before={"verified": False},
            after={"verified": True, "validation": str(locked.pk)},
        )
    elif state == State.FAILED:
        _try_again(locked, now=now)
    tell(locked, state, now=now)


def tell(validation: AccountValidation, state: State, *, now: datetime) -> None:
    """Tell the payee what an account's bank, or whoever looked, said of it."""
    account, news = validation.fund_account, _NEWS.get(state)
    person_id = account.person_id or validation.told_id
    if news is None or person_id is None:
        return
    kind, title, body = news
    notifications.notify(
        person_id=person_id,
        kind=kind,
        say=lambda: (title, body % {"account": account.shown}),
        data={"fundAccountId": str(account.pk)},
        dedupe_key=f"{kind}:{validation.pk}",
        now=now,
    )


def _state_of(account: FundAccount, facts: ValidationFacts) -> State:
    if facts.status == "failed":
        return State.FAILED
    if not facts.is_active:
        return State.INVALID
    found = likeness(facts.registered_name, account.holder_name)
    if found == Likeness.MATCH and _is_known_otherwise(account, facts.registered_name):
        # The bank's name fits what was entered with the account, and not who is known to us.
        found = Likeness.CLOSE
    return _OF_A_NAME[found]


def _is_known_otherwise(account: FundAccount, registered: str) -> bool:
    """Say whether the payee has names here, and none of them is anything like the bank's."""
    if account.person_id is not None:
        names = [people.person(user_id=account.person_id).display_name]
    else:
        assert account.merchant_id is not None
        merchant = merchants.merchant(merchant_id=account.merchant_id)
        names = [merchant.legal_name, merchant.brand]
    known = [likeness(registered, name) for name in names if name]
    return bool(known) and all(found == Likeness.MISMATCH for found in known)


def _differs(locked: AccountValidation, facts: ValidationFacts) -> bool:
    return (
        (locked.razorpay_id or facts.id) != facts.id
        or facts.reference != locked.reference
        or facts.fund_account_id != locked.fund_account.razorpay_id
    )


def _after_the_end(locked: AccountValidation, facts: ValidationFacts) -> str:
    if locked.razorpay_id is not None:
        return "unchanged"
    if locked.state == State.FAILED:
        # It arrived after all. Another question is open or answered by now; this one only cost money, which is
        # found by its name.
        locked.razorpay_id = facts.id
        locked.save(update_fields=["razorpay_id"])
    return "old_news"


def _try_again(failed: AccountValidation, *, now: datetime) -> None:
    """Have the bank asked once more, later each time; in the end a person looks."""
    account = failed.fund_account
    tries = AccountValidation.objects.filter(fund_account=account, state=State.FAILED).count()
    if tries < MOST_TRIES:
        due_at = now + FIRST_PAUSE * 4 ** (tries - 1)
        begin_validation(account, told_id=failed.told_id, now=now, due_at=due_at)
