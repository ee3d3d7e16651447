"""
Asking the bank of a payout account in whose name it is: three steps, the calls in none of their transactions.

*Claimed* (a lease; Razorpay is told of the account), *asked* (committed before the question), *answered* (the
answer and what follows from it). A question costs money and has no idempotency key that Razorpay promises. So
it is put once: whoever finds it put and unanswered looks for its reference, and a question that has not arrived
when nothing can be under way any more is over. The next one is another row.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.payments.gateway import Gateway, GatewayRefused, GatewaySilent
from apps.payments.models import AccountValidation
from apps.payments.razorpayx import RazorpayX, ValidationFacts, razorpayx
from apps.payments.services.payout_steps import LEASE, LONGEST_PAUSE
from apps.payments.services.payout_submitting import SETTLES
from apps.payments.services.razorpay_accounts import known_to
from apps.payments.services.validation_answers import end, lock_validation, record_validation
from apps.payments.validation_states import State

logger = logging.getLogger(__name__)

# Razorpay's word about the account itself; every other refusal is about us, and says nothing of it.
_ABOUT_THE_ACCOUNT = frozenset({400, 422})
# The bank of an account may be asked for days ("deemed success" lasts three working days).
ANSWERS_WITHIN = timedelta(days=5)


def validate_next(*, gateway: Gateway, now: datetime) -> str | None:
    """
    Put the question that waits longest, or look for one that was put; return what became of it.

    What `record_validation` says, or `silent` (nobody knows; looked for later), `waits`, `dropped`,
    `refused`, `never_arrived`. None when none is due. Must not be inside a transaction.
    """
    if not settings.RAZORPAYX_ACCOUNT_NUMBER:
        # Without an account to ask from, operators look.
        return None
    taken = _take(now=now)
    if taken is None:
        return None
    if taken.state == State.DROPPED:
        return "dropped"
    x = razorpayx(gateway)
    try:
        return (
            _look_for(taken, x, now=now) if taken.state == State.ASKED else _ask(taken, x, now=now)
        )
    except GatewaySilent:
        _postpone(taken, until=now + _pause(taken))
        return "silent"


def look_at_validations(*, gateway: Gateway, now: datetime, limit: int) -> int:
    """
    Ask Razorpay about questions whose answer nobody brought, the longest due first; return how many.

    Must not be inside a transaction.
    """
    due = AccountValidation.objects.filter(state=State.CREATED, next_look_at__lte=now)
    chosen = list(due.order_by("next_look_at").values_list("pk", "razorpay_id")[:limit])
    for number, (validation_id, razorpay_id) in enumerate(chosen):
        # First the next look, then the call: one that fails every time blocks no other.
        if not _look_later(validation_id, now=now):
            continue
        try:
            facts = razorpayx(gateway).validation(validation_id=razorpay_id or "")
        except GatewaySilent:
            return number + 1
        except GatewayRefused:
            continue
        record_validation(validation_id=validation_id, facts=facts, now=now)
    return len(chosen)


@transaction.atomic(durable=True)
def _take(*, now: datetime) -> AccountValidation | None:
    """Claim the oldest question that is due; one that nobody needs answered any more ends here."""
    taken = (
        AccountValidation.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        .select_related("fund_account")
        .filter(state__in=[State.WAITING, State.ASKED], next_look_at__lte=now)
        .order_by("created_at", "pk")
        .first()
    )
    if taken is None:
        return None
    account = taken.fund_account
    over = account.removed_at is not None or account.verified_at is not None
    if taken.state == State.WAITING and over:
        taken.state, taken.next_look_at, taken.ended_at = State.DROPPED, None, now
    else:
        taken.attempts, taken.next_look_at = taken.attempts + 1, now + LEASE
    taken.save(update_fields=["state", "next_look_at", "ended_at", "attempts"])
    return taken


def _ask(taken: AccountValidation, x: RazorpayX, *, now: datetime) -> str:
    try:
        account_id = known_to(x, taken.fund_account)
    except GatewayRefused as refusal:
        about_it = refusal.status in _ABOUT_THE_ACCOUNT and refusal.field
        return _refused(taken, refusal, State.INVALID if about_it else State.FAILED, now=now)
    if not _is_asked_now(taken, now=now):
        return "waits"
    try:
        facts = x.validate(fund_account_id=account_id, reference=taken.reference, key=str(taken.pk))
    except GatewayRefused as refusal:
        # Razorpay did nothing, and said nothing of the account: its bank may be asked again later.
        return _refused(taken, refusal, State.FAILED, now=now)
    return record_validation(validation_id=taken.pk, facts=facts, now=now)


@transaction.atomic(durable=True)
def _is_asked_now(taken: AccountValidation, *, now: datetime) -> bool:
    """Commit that the question may be at Razorpay from now on, unless somebody else took the row."""
    mine = AccountValidation.objects.filter(
        pk=taken.pk, state=State.WAITING, attempts=taken.attempts
    )
    return bool(mine.update(state=State.ASKED, asked_at=now, next_look_at=now + LEASE))


def _look_for(taken: AccountValidation, x: RazorpayX, *, now: datetime) -> str:
    assert taken.asked_at is not None
    try:
        found: ValidationFacts | None = x.validation_with_reference(
            reference=taken.reference, asked_at=taken.asked_at, now=now
        )
    except GatewayRefused as refusal:
        _say_refused(refusal)
        _postpone(taken, until=now + LONGEST_PAUSE)
        return "waits"
    if found is not None:
        return record_validation(validation_id=taken.pk, facts=found, now=now)
    settled_at = taken.asked_at + SETTLES
    if now < settled_at:
        _postpone(taken, until=settled_at)
        return "waits"
    return _over(taken, State.FAILED, "never_arrived", now=now)


def _refused(
    taken: AccountValidation, refusal: GatewayRefused, state: State, *, now: datetime
) -> str:
    if state == State.FAILED:
        _say_refused(refusal)
    ended = _over(taken, state, refusal.reason, now=now)
    return "refused" if ended == refusal.reason else ended


def _say_refused(refusal: GatewayRefused) -> None:
    logger.error("Razorpay refuses us", extra={"status": refusal.status})


def _over(taken: AccountValidation, state: State, reason: str, *, now: datetime) -> str:
    with transaction.atomic(durable=True):
        locked = lock_validation(validation_id=taken.pk)
        # Only while the lease is ours: a worker that was frozen past it ends nothing.
        if locked is None or locked.attempts != taken.attempts or locked.ended_at is not None:
            return "waits"
        end(locked, state, reason=reason, now=now)
    return reason


def _postpone(taken: AccountValidation, *, until: datetime) -> None:
    mine = AccountValidation.objects.filter(
        pk=taken.pk, state__in=[State.WAITING, State.ASKED], attempts=taken.attempts
    )
    mine.update(next_look_at=until)


def _pause(taken: AccountValidation) -> timedelta:
    return min(timedelta(seconds=15 * 2 ** min(taken.attempts, 10)), LONGEST_PAUSE)


def _look_later(validation_id: UUID, *, now: datetime) -> bool:
    """Say when the row is looked at next; one that no bank answered for days ends."""
    with transaction.atomic(durable=True):
        locked = lock_validation(validation_id=validation_id)
        if locked is None or locked.state != State.CREATED:
            return False
        assert locked.asked_at is not None
        if now >= locked.asked_at + ANSWERS_WITHIN:
            end(locked, State.FAILED, reason="no_answer", now=now)
            return False
        locked.next_look_at = now + min(max(now - locked.asked_at, LEASE), LONGEST_PAUSE)
        locked.save(update_fields=["next_look_at"])
    return True
