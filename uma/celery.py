"""The Celery application: settings that survive kill -9, and every periodic job on one screen."""

import os
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.utils.log import get_task_logger

from uma.kernel.lease import lease

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "uma.settings")

logger = get_task_logger(__name__)

EVERY_MINUTE = 60.0
# Every job is safe to run twice and guarded against it. Times are UTC; 03:10 in India is 21:40.
BEAT: dict[str, float | crontab] = {
    "apps.handshake.tasks.sweep_released": 5.0,
    "apps.handshake.tasks.announce_forgotten": EVERY_MINUTE,
    "apps.notifications.tasks.push_forgotten": EVERY_MINUTE,
    "apps.rides.tasks.expire_overdue": EVERY_MINUTE,
    "apps.campaigns.tasks.campaign_clock": EVERY_MINUTE,
    "apps.handshake.tasks.verify_ledger": crontab(hour="21", minute="40"),
    "apps.notifications.tasks.revoke_idle_devices": crontab(hour="22", minute="10"),
}

SOCKET_S = 0.25
TASK_LIMIT_S = 50
NIGHTLY_LIMIT_S = 1_800


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


@app.task(name="uma.run_job", acks_late=True, ignore_result=True)
def run_job(*, job: str, **_: object) -> bool:
    """Run one periodic job unless it is running anywhere already; answer whether it ran."""
    # Only what stands on the screen above: a forged message must not choose what we call.
    assert job in BEAT, job
    with lease(job) as mine:
        if mine:
            app.tasks[job]()
        else:
            logger.info("%s is running elsewhere", job)
    return mine
