"""The Celery application: settings that survive kill -9, and every periodic job on one screen."""

import os
import sys
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import (
    beat_init,
    celeryd_init,
    setup_logging,
    task_postrun,
    task_prerun,
)
from celery.utils.log import get_task_logger
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from kombu import Queue

from uma.kernel import context, tracing
from uma.kernel.lease import lease
from uma.kernel.queue import REQUEST_ID

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "uma.settings")

logger = get_task_logger(__name__)

EVERY_MINUTE = 60.0
# Every job is safe to run twice and guarded against it. Times are UTC; 03:10 in India is 21:40.
BEAT: dict[str, float | crontab] = {
    "apps.handshake.tasks.sweep_released": 5.0,
    "apps.ondc.tasks.process_forgotten_inbound": 5.0,
    "apps.ondc.tasks.deliver_waiting": 5.0,
    "apps.ondc.tasks.recover_confirmations": 5.0,
    "apps.ondc.tasks.confirm_paid_tickets": 5.0,
    "apps.ondc.tasks.observe": 10.0,
    "apps.ondc.tasks.keep_catalogues": 10.0,
    "apps.ondc.tasks.plan_catalogues": crontab(minute="*/5"),
    "apps.ondc.tasks.remember_prices": EVERY_MINUTE,
    "apps.ondc.tasks.repeat_lost_issues": EVERY_MINUTE,
    "apps.handshake.tasks.announce_forgotten": EVERY_MINUTE,
    "apps.rides.tasks.void_defrauded": EVERY_MINUTE,
    "apps.handshake.tasks.look_at_books": 30.0,
    "apps.notifications.tasks.push_forgotten": EVERY_MINUTE,
    "apps.notifications.tasks.deliver_webhooks": 5.0,
    "apps.gamification.tasks.settle_no_shows": EVERY_MINUTE,
    "apps.gamification.tasks.remind": EVERY_MINUTE,
    "apps.gamification.tasks.uphold_overdue": EVERY_MINUTE,
    "apps.gamification.tasks.project_due": EVERY_MINUTE,
    "apps.gamification.tasks.plan_missions": crontab(minute="*/5"),
    "apps.gamification.tasks.repair_awards": crontab(hour="20", minute="20"),
    "apps.accounts.tasks.keep_exports": EVERY_MINUTE,
    "apps.accounts.tasks.delete_firebase_accounts": EVERY_MINUTE,
    "apps.accounts.tasks.end_overdue_viewings": EVERY_MINUTE,
    "apps.payments.tasks.handle_forgotten_events": EVERY_MINUTE,
    "apps.payments.tasks.look_for_payments": EVERY_MINUTE,
    "apps.payments.tasks.tend_prepayments": 5.0,
    "apps.payments.tasks.submit_payouts": 10.0,
    "apps.payments.tasks.look_at_payouts": EVERY_MINUTE,
    "apps.payments.tasks.validate_accounts": 10.0,
    "apps.payments.tasks.watch_balances": EVERY_MINUTE,
    "apps.payments.tasks.issue_credit_notes": 10 * EVERY_MINUTE,
    "apps.ondc.tasks.book_fees": EVERY_MINUTE,
    "apps.ondc.tasks.follow_requests": crontab(minute="47"),
    "apps.ondc.tasks.ask_recon": crontab(hour="20", minute="45"),
    "apps.ondc.tasks.settle_agreed": crontab(hour="21", minute="5"),
    "apps.campaigns.tasks.campaign_clock": EVERY_MINUTE,
    "apps.campaigns.tasks.settle_boosts": EVERY_MINUTE,
    "apps.merchants.tasks.announce_invitations": EVERY_MINUTE,
    "apps.merchants.tasks.expire_invitations": crontab(minute="17"),
    "apps.analytics.tasks.assess_new": EVERY_MINUTE,
    "apps.analytics.tasks.count_days": crontab(minute="35"),
    "apps.analytics.tasks.count_experiments": crontab(minute="45"),
    "apps.exports.tasks.keep_exports": EVERY_MINUTE,
    "apps.exports.tasks.follow_schedules": crontab(minute="5"),
    "apps.merchants.tasks.renew_subscriptions": crontab(minute="7"),
    "apps.payments.tasks.compensate_late_payouts": crontab(minute="47"),
    "apps.payments.tasks.keep_wallets_within_limits": crontab(minute="27"),
    "apps.payments.tasks.expire_adjustments": crontab(minute="37"),
    "apps.handshake.tasks.verify_ledger": crontab(hour="21", minute="40"),
    "apps.payments.tasks.pull_settlements": crontab(hour="*/4", minute="35"),
    "apps.payments.tasks.reconcile": crontab(hour="21", minute="15"),
    "apps.payments.tasks.check_custody": crontab(hour="21", minute="50"),
    "apps.accounts.tasks.purge_sign_ins": crontab(hour="21", minute="55"),
    "apps.accounts.tasks.verify_sealed_values": crontab(hour="22", minute="25"),
    "apps.payments.tasks.tend_dormant_wallets": crontab(hour="20", minute="40"),
    "apps.payments.tasks.issue_invoices": crontab(hour="22", minute="40"),
    "apps.notifications.tasks.revoke_idle_devices": crontab(hour="22", minute="10"),
    "apps.ondc.tasks.purge_inbound": crontab(hour="22", minute="40"),
    "apps.ondc.tasks.purge_outbound": crontab(hour="22", minute="45"),
    "apps.rides.tasks.forget_refused": crontab(hour="22", minute="35"),
    "apps.gamification.tasks.purge_reminders": crontab(hour="22", minute="50"),
    "apps.ondc.tasks.forget_dispatches": crontab(hour="22", minute="50"),
    "apps.ondc.tasks.forget_refreshes": crontab(hour="22", minute="55"),
    "apps.jobs.tasks.forget_runs": crontab(hour="22", minute="25"),
}

# Which work waits in a line of its own; the rest follows scans and stands in Celery's. A worker takes from each line in
# turn, so that a rider's search is not behind a rush hour's missions, nor what was paid behind its pushes.
QUEUES = ("celery", "jobs", "money", "network", "later")
ROUTES = {
    "uma.run_job": {"queue": "jobs"},
    "apps.payments.*": {"queue": "money"},
    "apps.ondc.*": {"queue": "network"},
    "apps.gamification.*": {"queue": "later"},
    "apps.analytics.*": {"queue": "later"},
    "apps.exports.*": {"queue": "later"},
}
SOCKET_S = 0.25
TASK_LIMIT_S = 50
NIGHTLY_LIMIT_S = 1_800


@setup_logging.connect
def _log_as_django_does(**_: object) -> None:
    """Keep Celery from setting up loggers of its own: LOGGING in the settings is for all."""


@task_prerun.connect
def _know_the_request(task: Any, task_id: str, **_: object) -> None:  # Any: Celery's task
    # A periodic job was asked for by nobody: its lines are found by the message's own id.
    context.begin(context.Origin(getattr(task.request, REQUEST_ID, None) or task_id))
    tracing.task_begins(task_id, task.name)


@task_postrun.connect
def _forget_the_request(task_id: str, **_: object) -> None:
    tracing.task_ends(task_id)
    context.end()


class Application(Celery):
    """Celery whose publishers do not wait for a broker that froze."""

    def connection_for_write(self, url: str | None = None, **options: Any) -> Any:
        # Any: kombu has no types. Consumers wait on their sockets for a living: the defaults.
        impatient = {
            "socket_timeout": SOCKET_S,
            "socket_connect_timeout": SOCKET_S,
            "max_retries": 0,
        }
        options["transport_options"] = impatient | (options.get("transport_options") or {})
        return super().connection_for_write(url, **options)


def _entry(job: str, schedule: float | crontab) -> dict[str, object]:
    often = isinstance(schedule, float)
    limit_s = TASK_LIMIT_S if often else NIGHTLY_LIMIT_S
    return {
        "task": "uma.run_job",
        "schedule": schedule,
        "kwargs": {"job": job},
        "options": {
            # After an outage a job runs once, not once for each time it was missed.
            "expires": schedule if often else 3_600.0,
            "time_limit": limit_s,
            "soft_time_limit": limit_s - 10,
        },
    }


app = Application("uma")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    # A message leaves the broker when its work is done, so a killed worker's message comes back.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    # One message in hand: what a killed worker had reserved waits for the visibility time-out.
    worker_prefetch_multiplier=1,
    task_queues=[Queue(name) for name in QUEUES],
    task_routes=ROUTES,
    # Shorter than the rows' leases (notifications: 60 s) and than the visibility time-out: whoever
    # holds a row or a message is dead before another may take it.
    task_time_limit=TASK_LIMIT_S,
    task_soft_time_limit=TASK_LIMIT_S - 10,
    broker_transport_options={
        "visibility_timeout": 90,
        # The process that puts messages back may itself be killed: then its lock must not stay for
        # the transport's five minutes.
        "unacked_mutex_expire": 15,
        "socket_keepalive": True,
        "health_check_interval": 10,
    },
    broker_connection_timeout=2,
    broker_connection_retry_on_startup=True,
    # The broker may be gone for a day; a worker that gives up would need somebody to restart it.
    broker_connection_max_retries=None,
    task_publish_retry=False,
    # What native libraries leak in a long-lived child stays bounded.
    worker_max_tasks_per_child=5_000,
    beat_schedule={job: _entry(job, schedule) for job, schedule in BEAT.items()},
)
app.autodiscover_tasks()


@celeryd_init.connect
@beat_init.connect
def _refuse_to_start(**_: object) -> None:
    # Not at the top: whoever only reads this module may have no settings yet.
    from uma.checks import stop_on_contradictions  # noqa: PLC0415

    try:
        stop_on_contradictions()
    except ImproperlyConfigured as wrong:
        # Celery logs what a receiver raises and goes on; not so when it asks to leave.
        raise SystemExit(str(wrong)) from wrong


def _record(job: str) -> None:
    """Run the job and leave in the console what became of it."""
    # Not at the top: models can be imported only once Django is set up.
    from apps.jobs import services as jobs  # noqa: PLC0415

    run_id = jobs.begin(job=job, now=timezone.now())
    did = None
    error = "Unknown"
    try:
        did = app.tasks[job]()
        error = ""
    finally:
        failure = sys.exc_info()[0]
        jobs.end(
            run_id=run_id,
            did=did if isinstance(did, int) else None,
            error=error and (failure.__name__ if failure else error),
            now=timezone.now(),
        )


@app.task(name="uma.run_job", acks_late=True, ignore_result=True)
def run_job(*, job: str, **_: object) -> bool:
    """Run one periodic job unless it is running anywhere already; answer whether it ran."""
    # Only what stands on the screen above: a forged message must not choose what we call.
    assert job in BEAT, job
    with lease(job) as mine:
        if mine:
            _record(job)
        else:
            logger.info("a job is running elsewhere", extra={"job": job})
    return mine
