"""Queue → one service call: the message for speed, the sweep for truth (decisions/0003)."""

from datetime import timedelta
from time import monotonic
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from apps.payments import services
from apps.payments.gateway import gateway

LOOKS = 100
# Calls are made one after the other, each with its own time-out; a run ends well before its lease.
PAYOUTS, PAYOUTS_S = 40, 25.0
JUST_REVERSED = timedelta(hours=2)


class CustodyNotWhole(Exception):
    """The bank, the ledger and what is owed do not fit together; payouts are halted."""


@shared_task(acks_late=True, ignore_result=True)
def handle_event(*, event_id: str, **_: object) -> None:
    # Delivery is at least once: a second run finds the event handled or held, and stops.
    services.handle_event(event_id=UUID(event_id), gateway=gateway(), now=timezone.now())


@shared_task(acks_late=True, ignore_result=True)
def handle_forgotten_events(**_: object) -> None:
    # Every minute. A lost message costs a minute, never a credit.
    services.handle_due_events(gateway=gateway(), now=timezone.now())


@shared_task(acks_late=True, ignore_result=True)
def look_for_payments(*, limit: int = LOOKS, **_: object) -> None:
    # Every minute. A lost webhook costs minutes, never a credit.
    services.look_for_payments(gateway=gateway(), now=timezone.now(), limit=limit)
    services.expire_top_ups(now=timezone.now())


@shared_task(acks_late=True, ignore_result=True)
def tend_prepayments(*, limit: int = LOOKS, **_: object) -> int:
    # Every few seconds: what was bought is paid for, what is owed back is sent.
    now = timezone.now()
    done = services.tend_prepayments(gateway=gateway(), now=now, limit=limit)
    return done + services.send_refunds(gateway=gateway(), now=now, limit=limit)


@shared_task(acks_late=True, ignore_result=True)
def submit_payouts(*, limit: int = PAYOUTS, **_: object) -> int:
    # Every ten seconds, by one worker: the oldest first, as many a second as Razorpay advises.
    sent, until = 0, monotonic() + PAYOUTS_S
    while sent < limit and monotonic() < until:
        outcome = services.submit_next(gateway=gateway(), now=timezone.now())
        if outcome is None:
            break
        sent += 1
        if outcome == "silent":
            # Razorpay does not answer: whoever waits behind this one would wait for it as well.
            break
    return sent


@shared_task(acks_late=True, ignore_result=True)
def look_at_payouts(*, limit: int = LOOKS, **_: object) -> int:
    # Every minute; each payout that is under way is asked about within fifteen.
    return services.look_at_payouts(gateway=gateway(), now=timezone.now(), limit=limit)


@shared_task(acks_late=True, ignore_result=True)
def validate_accounts(*, limit: int = LOOKS, **_: object) -> int:
    # Every ten seconds, by one worker: a rider who has just added an account waits for it.
    done, until = 0, monotonic() + PAYOUTS_S
    while done < limit and monotonic() < until:
        outcome = services.validate_next(gateway=gateway(), now=timezone.now())
        if outcome is None:
            break
        done += 1
        if outcome == "silent":
            return done
    return done + services.look_at_validations(gateway=gateway(), now=timezone.now(), limit=limit)


@shared_task(acks_late=True, ignore_result=True)
def pull_settlements(**_: object) -> int:
    # Every few hours. A report that comes late is read again for days.
    return services.pull_settlements(gateway=gateway(), now=timezone.now())


@shared_task(acks_late=True, ignore_result=True)
def reconcile(**_: object) -> int:
    # Nightly: first what Razorpay paid, then the comparison.
    services.pull_settlements(gateway=gateway(), now=timezone.now())
    return services.reconcile(gateway=gateway(), now=timezone.now()).matched


@shared_task(acks_late=True, ignore_result=True)
def check_custody(**_: object) -> None:
    # Nightly, whether Razorpay answered or not. It fails loudly: the task is red while something is
    # wrong that nobody has explained.
    if not services.check_custody(now=timezone.now()).whole:
        raise CustodyNotWhole


@shared_task(acks_late=True, ignore_result=True)
def watch_balances(*, limit: int = LOOKS, **_: object) -> int:
    # Every minute: debts that can be paid by now, balances that fell, and the orders they ask for.
    now = timezone.now()
    return (
        services.settle_debts(now=now, limit=limit)
        + services.watch_balances(now=now, limit=limit)
        + services.order_automatic(gateway=gateway(), now=now, limit=limit)
    )


@shared_task(acks_late=True, ignore_result=True)
def keep_wallets_within_limits(**_: object) -> int:
    # Hourly: a new month, a withdrawal, other limits; and whatever follow-up was lost.
    return services.keep_all_within_limits(now=timezone.now())


@shared_task(acks_late=True, ignore_result=True)
def compensate_late_payouts(**_: object) -> int:
    # Hourly: nobody has to complain.
    return services.compensate_late_payouts(now=timezone.now())


@shared_task(acks_late=True, ignore_result=True)
def expire_adjustments(**_: object) -> int:
    # Hourly: an approval looks at the time itself, so this only clears the list.
    return services.expire_adjustments(now=timezone.now())


@shared_task(acks_late=True, ignore_result=True)
def tend_dormant_wallets(**_: object) -> int:
    # Nightly: who was away for years is told, and in time the money is set aside.
    return services.tend_dormant_wallets(now=timezone.now())


@shared_task(acks_late=True, ignore_result=True)
def issue_invoices(**_: object) -> int:
    # Nightly: the first night after a month's end finds it due, and any later one what was missed.
    now = timezone.now()
    return services.issue_due_invoices(now=now) + services.issue_credit_notes(now=now)


@shared_task(acks_late=True, ignore_result=True)
def issue_credit_notes(**_: object) -> int:
    # Whoever took a visit back finds the credit note minutes later; the night finds what was missed.
    now = timezone.now()
    return services.issue_credit_notes(now=now, since=now - JUST_REVERSED)
