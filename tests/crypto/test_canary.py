"""One person walks through everything, and is seen nowhere but in the sealed columns (G-29, INV-40)."""

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import pytest
import redis
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from apps.accounts import services as accounts
from apps.accounts.models import AuditEvent, User
from apps.exports.selectors import CATALOGUE
from apps.handshake import services as handshakes
from apps.handshake.models import Handshake
from apps.merchants import services as merchants
from apps.merchants.models import Merchant, Staff
from apps.notifications import services as notifications
from apps.notifications.models import InboxMessage, WebhookDelivery
from apps.payments import selectors as payments
from apps.rides import selectors as rides_selectors
from apps.rides import services as rides
from tests.accounts.making import at_the_desk, make_operator
from tests.crypto import canaries
from tests.crypto.canaries import ACCOUNT, EMAIL, IFSC, NAME, PHONE, VPA, Findings
from tests.factories import Shop, bearer, code_of, make_shop
from tests.gamification.making import make_appeal
from tests.notifications.clouds import SandboxProcess

pytestmark = pytest.mark.django_db
Answer = Any  # Any: Django's answer of a test


@pytest.fixture(autouse=True)
def empty_broker() -> Iterator[None]:
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.delete("celery")
    yield
    client.delete("celery")
    client.close()


class Walk:
    """The canary's way through the platform; every problem document that it met is kept."""

    def __init__(self) -> None:
        self.now = timezone.now()
        self.shop: Shop = make_shop("Corner", now=self.now)
        merchant = Merchant.objects.get(pk=self.shop.merchant.pk)
        merchant.email, merchant.phone = EMAIL, PHONE
        merchant.save()
        self.person = rides.register_rider(
            display_name=NAME, phone=PHONE, zone_code="MNP", now=self.now
        )
        self.person.email = EMAIL
        self.person.save()
        self.rider = self._client("rider", self.person.pk)
        self.owner = self._client("merchant", self.shop.owner_id)
        self.problems: list[Answer] = []

    def _client(self, role: str, person_id: UUID) -> Client:
        return Client(headers=bearer(person_id, role, now=self.now), raise_request_exception=False)

    def send(self, client: Client, method: str, path: str, body: object = None) -> Answer:
        answer = client.generic(
            method,
            f"/api{path}",
            data="" if body is None else json.dumps(body),
            content_type="application/json",
            headers={"Idempotency-Key": str(uuid4())},
        )
        if answer.status_code >= 400:
            self.problems.append(answer)
        return answer

    def live(self) -> None:
        """Pay out to two accounts, book, be scanned, dispute, be told."""
        bank = {"kind": "bank_account", "holderName": NAME, "accountNumber": ACCOUNT, "ifsc": IFSC}
        vpa = {"kind": "vpa", "holderName": NAME, "vpa": VPA}
        for body in (bank, vpa):
            assert self.send(self.rider, "POST", "/user/fund-accounts", body).status_code == 201
            assert self.send(self.rider, "POST", "/user/fund-accounts", body).status_code == 409
        notifications.register_device(
            person_id=self.person.pk, platform="ANDROID", fcm_token="", fid="fid-bird", now=self.now
        )
        notifications.add_endpoint(
            merchant_id=self.shop.merchant.pk,
            url="https://pos.example.org/hook",
            events=["handshake.success"],
            secret="whsec_x",
            now=self.now,
        )
        booked = self.send(
            self.rider, "POST", "/rides/book", {"campaignId": str(self.shop.campaign.pk)}
        )
        assert booked.status_code == 201, booked.content
        booking = rides_selectors.page_of_rider(rider_id=self.person.pk, limit=1, before=None)[0]
        scanned = self.send(
            self.owner,
            "POST",
            "/handshake/execute",
            {"qrData": code_of(booking, at=timezone.now())},
        )
        assert scanned.status_code == 200, scanned.content
        handshake = Handshake.objects.get()
        for client in (self.rider, self.owner):
            self.send(client, "POST", f"/handshake/{handshake.pk}/dispute", {"reason": "not me"})
        assert self.send(self.owner, "GET", "/transactions").status_code == 200
        handshakes.announce(handshake_id=handshake.pk, now=timezone.now())
        while notifications.push_due(now=timezone.now() + timedelta(days=1)):
            pass

    def ask_wrongly(self) -> None:
        """Send what is refused, with the person's own facts where they are echoed if anywhere."""
        for path in ("/user/fund-accounts", "/rides/book", "/user/devices", "/nowhere"):
            for fact in (PHONE, NAME, EMAIL, VPA):
                body = {
                    "kind": fact, "holderName": "x", "accountNumber": fact, "ifsc": fact, "vpa": fact,
                }  # fmt: skip
                booking = {"campaignId": fact, "outletId": fact, "location": fact}
                device = {"platform": fact, "fid": "f"}
                for wrong in (body, booking, device, fact, [fact], {fact: fact}):
                    self.send(self.rider, "POST", path, wrong)
        for fact in (PHONE, EMAIL):
            self.send(self.rider, "GET", f"/campaigns?near={fact}&radius={fact}&sort={fact}")
            self.send(self.rider, "GET", f"/rides?limit={fact}&cursor={fact}")
            self.send(self.rider, "GET", f"/rides/{fact}")
            self.send(self.rider, "GET", f"/{fact}/there")
            self.send(self.owner, "POST", "/handshake/execute", {"qrData": fact, "bill": fact})
            self.send(self.owner, "GET", f"/transactions?from={fact}&format={fact}")

    def break_things(self, patch: pytest.MonkeyPatch) -> list[Answer]:
        """Provoke what nobody expects: a value that does not open, a bug with a fact in its hands."""
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE accounts_user SET email_sealed = phone_sealed WHERE id = %s",
                [self.person.pk],
            )
        answers = [self.send(self.rider, "GET", "/user/profile")]
        self.person.save(update_fields=["email"])

        def bug(*, person_id: object) -> None:
            raise RuntimeError(f"cannot pay {NAME} ({PHONE}) at {ACCOUNT} of {person_id}")

        patch.setattr(payments, "fund_accounts", bug)
        answers.append(self.send(self.rider, "GET", "/user/fund-accounts"))
        patch.undo()
        return answers

    def be_looked_at(self) -> None:
        """Be found, opened, suspended and made an operator at the desk."""
        accounts.suspend(
            rider_id=self.person.pk,
            until=self.now + timedelta(days=7),
            actor_id=None,
            reason="no-shows",
            now=self.now,
        )
        make_appeal(self.person.pk, text=f"I am {NAME}, call {PHONE}", now=self.now)
        desk = at_the_desk(make_operator())
        people = "/admin/accounts/user/"
        assert NAME in desk.get(people, {"q": PHONE}).content.decode()
        assert desk.get(f"{people}{self.person.pk}/change/").status_code == 200
        assert desk.get("/admin/payments/fundaccount/").status_code == 200
        assert NAME in desk.get("/admin/gamification/appeal/").content.decode()
        act = {"action": "grant_role", "_selected_action": [str(self.person.pk)]}
        told = {"confirmed": "yes", "role": "support", "zone_code": "MNP", "reason": "helps out"}
        assert desk.post(people, {**act, **told}, follow=True).status_code == 200
        assert User.objects.get(pk=self.person.pk).is_staff
        merchants.add_staff(
            merchant_id=self.shop.merchant.pk,
            user_id=self.person.pk,
            role=Staff.Role.SCANNER,
            now=self.now,
        )
        assert desk.get("/admin/merchants/staff/").status_code == 200
        call_command("rotate_field_keys", "--check", stdout=StringIO(), stderr=StringIO())


def taken_away(dataset: str) -> list[str]:
    """Return the rows that an analyst's file of all zones would have; files are written from commits only."""
    with connection.cursor() as cursor:
        cursor.execute(CATALOGUE[dataset].select("TRUE"))
        return [str(row) for row in cursor.fetchall()]


def test_a_person_is_seen_nowhere_but_in_the_sealed_columns(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    seen = Findings()
    with canaries.production_log() as written:
        walk = Walk()
        walk.live()
        walk.ask_wrongly()
        broken = walk.break_things(monkeypatch)
        walk.be_looked_at()
        log = written.getvalue()

    log += "".join(capfd.readouterr())  # the access line has a way of its own
    seen.look("log", log)
    for answer in walk.problems:
        seen.look(f"problem of {answer.request['PATH_INFO']}", answer.content.decode())
    for table, row in canaries.rows():
        seen.look(table, row)
    for push in sandbox.pushes:
        seen.look("push", push)
    sent = canaries.messages()
    for message in sent:
        seen.look("message", message)
    files = {name: taken_away(name) for name in CATALOGUE}
    for name, rows in files.items():
        seen.look(f"export of {name}", rows)

    assert seen.places == []
    # And there was something to look at.
    assert [answer.status_code for answer in broken] == [500, 500]
    assert {answer.status_code for answer in walk.problems} >= {400, 404, 409, 422, 500}
    assert log.count("a request failed") == len(broken)
    assert "SealedValueUnreadable" in log or "DoesNotOpen" in log
    assert len(sandbox.pushes) >= 2
    assert len(sent) >= 1
    assert all(files[name] for name in ("handshakes", "bookings", "ledger"))
    assert InboxMessage.objects.filter(person=walk.person).count() >= 2
    assert WebhookDelivery.objects.count() == 1
    assert AuditEvent.objects.filter(object_id=str(walk.person.pk)).count() >= 1
    kept = User.objects.get(pk=walk.person.pk)
    assert (kept.display_name, kept.phone, kept.email) == (NAME, PHONE, EMAIL)


# --- the controls: each place, with a fact planted in it, is found out ----------------------------


def test_a_fact_in_a_log_line_is_found() -> None:
    with canaries.production_log() as written:
        logging.getLogger("apps.careless").warning("%s called", "somebody")
        assert canaries.found_in(written.getvalue()) == []

        logging.getLogger("apps.careless").warning(f"{NAME} called")  # noqa: G004 — the very mistake

        assert canaries.found_in(written.getvalue()) == ["kanariya", "vogelsang"]


def test_statements_are_not_logged_with_their_values_even_at_the_most_talkative() -> None:
    with canaries.production_log() as written:
        assert not logging.getLogger("django.db.backends").isEnabledFor(logging.DEBUG)
        list(User.objects.filter(username=PHONE))
        assert canaries.found_in(written.getvalue()) == []

        # Forced on, as somebody in despair might.
        logging.getLogger("django.db.backends").setLevel(logging.DEBUG)
        connection.force_debug_cursor = True
        try:
            list(User.objects.filter(username=PHONE))
        finally:
            connection.force_debug_cursor = False
        logging.getLogger("django.db.backends").setLevel(logging.NOTSET)

        assert canaries.found_in(written.getvalue()) == []


@pytest.mark.parametrize(
    "plant",
    [
        lambda: AuditEvent.objects.create(
            action="x", object_type="x", object_id="x", at=timezone.now(), after={"phone": PHONE}
        ),
        lambda: User.objects.create(username=EMAIL, created_at=timezone.now()),
    ],
    ids=["json", "text"],
)
def test_a_fact_in_a_row_is_found(plant: Any) -> None:
    assert [table for table, row in canaries.rows() if canaries.found_in(row)] == []

    plant()

    assert len([table for table, row in canaries.rows() if canaries.found_in(row)]) == 1


def test_a_fact_in_a_sealed_column_that_was_not_sealed_is_found() -> None:
    person = User.objects.create(username="x", created_at=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_user SET display_name_sealed = %s", [NAME.encode()])

    assert [table for table, row in canaries.rows() if canaries.found_in(row)] == ["accounts_user"]
    assert person.display_name == ""


def test_the_person_behind_staff_stays_unnamed_to_the_queue() -> None:
    """The control of the messages: what is handed over is read back, so a fact would be seen."""
    from apps.handshake.tasks import announce  # noqa: PLC0415 — only here
    from uma.kernel.queue import enqueue  # noqa: PLC0415 — as above

    enqueue(announce, ids=[PHONE])

    assert [canaries.found_in(message) for message in canaries.messages()] == [["9811277345"]]
