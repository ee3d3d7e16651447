"""Alerts about what the tables say: each rings within a minute of its cause, and is silent when that is gone."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from apps.accounts import services as accounts
from apps.accounts.errors import RefreshReused
from apps.accounts.models import AuditEvent
from apps.handshake import books
from apps.handshake import services as handshakes
from apps.handshake.tasks import announce
from apps.jobs import services as jobs
from apps.jobs.models import JobRun
from apps.notifications import services as notifications
from apps.notifications.models import InboxMessage
from apps.ondc import services as ondc
from apps.ondc.models import InboundMessage
from apps.ondc.voice import voice
from apps.payments import services as payments
from apps.payments.models import BankStatement, GatewayEvent, ReconException, TopUp
from apps.wallet import codes
from apps.wallet.models import Account
from tests.accounts.signing_in import refresh, sign_in
from tests.alerts.watching import TOKEN, prometheus
from tests.console.test_hostile import past_the_guards
from tests.factories import fund, make_rider, make_shop
from tests.faults.visiting import tell
from tests.handshake.visiting import visit
from tests.notifications.queueing import broker
from tests.ondc import ours
from tests.payments.making import received
from uma.celery import BEAT, run_job
from uma.kernel import queue
from uma.kernel.http import metrics
from uma.stack import ports
from uma.stack.valkey import Valkey

__all__ = ["broker"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]
WITHIN_S = 60.0


class Trouble:
    """Everything that an operator is rung for and that stands in the tables or a queue; each with its end."""

    def __init__(self, *, broker: Valkey, now: datetime) -> None:
        self.broker = broker
        self.now = now
        self.shop = make_shop(funds_paise=900_00, now=now - timedelta(days=2))
        self.rider = make_rider(now=now)

    def begin(self) -> None:
        self.books()
        self.money()
        self.queues()
        self.people()
        self.standby()
        self.network()

    def books(self) -> None:
        """Make somebody richer as a superuser can, and look as the clock does each half minute."""
        books.look_at_all(now=self.ago(hours=27))
        self.look_at_books()
        self.make_richer(by_paise=1)
        self.look_at_books()

    def make_richer(self, *, by_paise: int) -> None:
        with past_the_guards():
            Account.objects.filter(code=codes.merchant_wallet(self.shop.merchant.pk)).update(
                balance_paise=F("balance_paise") + by_paise
            )

    def look_at_books(self) -> None:
        assert BEAT["apps.handshake.tasks.look_at_books"] == 30
        assert run_job(job="apps.handshake.tasks.look_at_books")

    def money(self) -> None:
        now, ago = self.now, self.ago
        payments.watch_balances(now=now, limit=100)
        self.bank(closing_paise=1_00)
        payments.check_custody(now=ago(hours=27))
        ReconException.objects.create(
            kind="PAYMENT_UNKNOWN", subject="pay_1", amount_paise=1_00, detail="A payment.",
            occurred_at=ago(hours=30), first_seen_at=ago(hours=25), last_seen_at=now,
        )  # fmt: skip
        received(b'{"event": "payout.processed"}', now=ago(minutes=20), source="RAZORPAYX")
        TopUp.objects.create(
            merchant=self.shop.merchant, amount_paise=500_00, state="OPEN", order_id="order_1",
            requested_by=uuid4(), created_at=ago(hours=2), status_changed_at=ago(hours=2),
            next_look_at=ago(minutes=20),
        )  # fmt: skip

    def people(self) -> None:
        # Two have one token: it is presented again long after its successor was given.
        signed = sign_in(self.rider.pk, now=self.ago(minutes=3))
        refresh(signed, now=self.ago(minutes=2))
        with pytest.raises(RefreshReused):
            refresh(signed, now=self.ago(minutes=1))
        for _ in range(30):
            accounts.reveal_phone(
                user_id=self.rider.pk, actor_id=self.shop.owner_id, reason="They called.",
                now=self.now,
            )  # fmt: skip

    def queues(self) -> None:
        ago = self.ago
        self.late = visit(make_shop(now=ago(days=2)), now=ago(minutes=2))
        notifications.notify(
            person_id=self.rider.pk, kind="security", say=lambda: ("Late", "Late."), data={},
            dedupe_key="late", now=ago(minutes=10),
        )  # fmt: skip
        self.ran("apps.handshake.tasks.verify_ledger", at=ago(minutes=30), error="LookupError")
        self.ran("apps.gamification.tasks.settle_no_shows", at=ago(minutes=20))
        jobs.note_backup(name="before", began_at=ago(hours=27), size_bytes=1, now=ago(hours=27))
        for state in ("WAITING", "PARKED"):
            InboundMessage.objects.create(
                sender="seller.example.in", unique_key_id="k", action="on_status", raw="{}",
                message_id=uuid4().hex, transaction_text="t", digest=uuid4().hex, header="h",
                state=state, next_attempt_at=ago(minutes=2), received_at=ago(minutes=2),
            )  # fmt: skip

        # Nobody takes what is handed over, until one more than may wait.
        assert self.broker.process is not None
        self.broker.process.kill()
        for _ in range(queue.CAPACITY + 1):
            queue.enqueue_id(announce, uuid4())

    def network(self) -> None:
        """Ask a seller that is not there, until each request is given up."""
        speaking, nobody = voice(), f"http://{ports.HOST}:{ports.any_free()}/cabs"
        for _ in range(4):
            ours.selected(make_rider().pk, speaking, uri=nobody, now=self.now)
        for after_s in range(10):
            at = self.now + timedelta(seconds=after_s)
            for outbound_id in ondc.due_ids(now=at, limit=100):
                ondc.deliver(outbound_id=outbound_id, voice=speaking, now=at)

    def end(self) -> None:
        now = timezone.now()
        forget_the_standby()
        self.broker.start()
        self.make_richer(by_paise=-1)
        self.look_at_books()
        fund(self.shop.merchant.pk, 5_000_00)
        payments.watch_balances(now=now, limit=100)
        self.bank(closing_paise=1_00 - payments.check_custody(now=now).difference_paise)
        payments.check_custody(now=now)
        payments.decide_exception(
            exception_id=ReconException.objects.get().pk, close=True, amount_paise=1_00,
            actor_id=self.shop.owner_id, reason="Seen at the bank.", now=now,
        )  # fmt: skip
        GatewayEvent.objects.update(state="DONE", handled_at=now)
        TopUp.objects.update(state="EXPIRED", status_changed_at=now)
        handshakes.announce(handshake_id=self.late.pk, now=now)
        InboxMessage.objects.update(push_state="SKIPPED")
        # The hour passes.
        with past_the_guards():
            AuditEvent.objects.update(at=self.ago(hours=2))
        JobRun.objects.filter(outcome="FAILED").update(
            started_at=self.ago(hours=2), ended_at=self.ago(hours=2)
        )
        self.ran("apps.gamification.tasks.settle_no_shows", at=now)
        jobs.note_backup(name="today", began_at=now, size_bytes=1, now=now)
        self.ran("apps.handshake.tasks.verify_ledger", at=now)
        InboundMessage.objects.update(state="IGNORED", handled_at=now)
        books.look_at_all(now=now)

    def standby(self) -> None:
        # A place in the log that nobody reads from, and five of its segments.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_create_physical_replication_slot(%s, true)", [SLOT])
            for _ in range(5):
                cursor.execute("SELECT pg_logical_emit_message(false, 'x', 'x')")
                cursor.execute("SELECT pg_switch_wal()")

    def ago(self, **time: int) -> datetime:
        return self.now - timedelta(**time)

    def bank(self, *, closing_paise: int) -> None:
        BankStatement.objects.create(
            sha256=uuid4().hex * 2, filename="bank.csv", uploaded_by=uuid4(),
            uploaded_at=timezone.now(), lines_new=0, lines_known=0, closing_paise=closing_paise,
            closes_on=timezone.now().date(),
        )  # fmt: skip

    def ran(self, job: str, *, at: datetime, error: str = "") -> None:
        jobs.end(run_id=jobs.begin(job=job, now=at), did=1, error=error, now=at)


SLOT = "of_a_standby_that_is_gone"


@pytest.fixture(autouse=True)
def no_standby_is_left() -> Iterator[None]:
    """Its place is the cluster's, not the database's: nothing else takes it away."""
    yield
    forget_the_standby()


@pytest.fixture(autouse=True)
def counts_of_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin as a server does: thousands of tests made a page of metrics that is longer than Prometheus waits."""
    monkeypatch.setattr("uma.kernel.readings.STARTED_AT", timezone.now())
    metrics.SECONDS.clear()
    metrics.ANSWERS.clear()
    metrics._series.cache_clear()


def forget_the_standby() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s",
            [SLOT],
        )


RING = {
    "BackupTooOld",
    "BooksDoNotBalance",
    "BooksUnchecked",
    "CallbacksParked",
    "CustodyCheckFailed",
    "CustodyDiffers",
    "CustodyUnchecked",
    "DeliveriesLate",
    "DisagreementsUnexplained",
    "FollowUpsLate",
    "GatewayQuiet",
    "JobsFail",
    "JobsLate",
    "MessagesDropped",
    "NetworkMessagesLate",
    "OpenOrdersUnwatched",
    "PaymentsNotCredited",
    "PhonesLookedUp",
    "SellersFail",
    "StandbyBehind",
    "StandbyGone",
    "TokensCopied",
    "WalletsRunLow",
}
# Counted for ten minutes.
LASTING = {"MessagesDropped", "SellersFail", "TokensCopied"}


def test_what_the_tables_say_rings_within_a_minute_and_is_silent_when_it_is_over(
    tools: Path, tmp_path: Path, live_server: LiveServer, broker: Valkey, settings: Settings
) -> None:
    settings.METRICS_TOKEN = TOKEN
    settings.ALLOWED_HOSTS = ["*"]
    for name, value in ours.settings_for(f"http://{ports.HOST}:{ports.any_free()}").items():
        setattr(settings, name, value)
    with prometheus(tools, tmp_path, [live_server.url.removeprefix("http://")]) as watching:
        assert watching.ringing() == set()
        trouble = Trouble(broker=broker, now=timezone.now())

        trouble.begin()

        # The look at the books comes within half of this minute.
        books_s = watching.wait(for_={"BooksDoNotBalance"}, within_s=WITHIN_S - 30)
        rest_s = watching.wait(for_=RING, within_s=WITHIN_S - books_s)
        tell(f"the books rung after {books_s:.0f} s, the others after {books_s + rest_s:.0f} s")
        assert watching.ringing() == RING
        trouble.end()
        tell(f"silent after {watching.wait(without=RING - LASTING, within_s=WITHIN_S):.0f} s")
    assert queue.flush(WITHIN_S)
