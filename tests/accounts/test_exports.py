"""A copy of everything kept about a person: made by a job, opened by a signed link."""

import json
import zipfile
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings as django_settings
from django.core import signing
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from apps.accounts import selectors, services, tasks
from apps.accounts.archive import JSON_NAME, PAGE_NAME
from apps.accounts.errors import ExportNotFound, UnknownPerson
from apps.accounts.models import AuditEvent, PersonalDataExport, User
from apps.accounts.views import privacy
from tests.factories import NOON, make_booking, make_rider, make_shop
from tests.rides.calling import Api, problem
from uma.kernel.personal_data import sources

pytestmark = pytest.mark.django_db
State = PersonalDataExport.State


@pytest.fixture
def rider() -> User:
    return make_rider("asha", now=timezone.now())


def made(rider: User, *, now: datetime = NOON) -> PersonalDataExport:
    asked = services.request_export(person_id=rider.pk, now=now)
    assert services.make_export(export_id=asked.pk, now=now)
    return PersonalDataExport.objects.get(pk=asked.pk)


def unpacked(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def link_of(api: Api) -> Any:  # Any: a JSON string
    tasks.keep_exports()
    return api.get("/user/export").json()["url"]


def test_the_copy_holds_every_apps_part_and_the_persons_own_rows(rider: User) -> None:
    shop = make_shop("Corner Café")
    booking = make_booking(shop, rider)
    other = make_booking(shop, make_rider("ravi"))

    export = made(rider)
    files = unpacked(services.read_export(export_id=export.pk, now=NOON))

    data = json.loads(files[JSON_NAME])
    assert set(data) == {"madeAt", *(source.SECTION for source in sources())}
    assert data["Account"]["name"] == "Asha"
    assert [row["id"] for row in data["Bookings"]["bookings"]] == [str(booking.pk)]
    assert str(other.pk) not in files[JSON_NAME]
    assert "Corner Café" in files[PAGE_NAME]
    assert 'href="#part-1"' in files[PAGE_NAME]


def test_a_name_with_markup_stays_text_on_the_page() -> None:
    person = services.create_person(
        username="x", display_name="<script>alert(1)</script>", zone_code="MNP", now=NOON
    )

    page = unpacked(services.read_export(export_id=made(person).pk, now=NOON))[PAGE_NAME]

    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_who_asks_again_gets_the_same_copy_until_its_day_is_over(rider: User) -> None:
    first = services.request_export(person_id=rider.pk, now=NOON)
    assert services.request_export(person_id=rider.pk, now=NOON).pk == first.pk
    services.make_export(export_id=first.pk, now=NOON)
    assert (
        services.request_export(person_id=rider.pk, now=NOON + timedelta(hours=23)).pk == first.pk
    )

    later = NOON + timedelta(hours=24)
    services.expire_exports(now=later)

    assert services.request_export(person_id=rider.pk, now=later).pk != first.pk
    assert AuditEvent.objects.filter(action="person.export-requested").count() == 2


def test_a_copy_is_made_once(rider: User) -> None:
    export = made(rider)

    assert not services.make_export(export_id=export.pk, now=NOON + timedelta(minutes=1))
    assert PersonalDataExport.objects.get(pk=export.pk).made_at == NOON


def test_the_archive_is_sealed_where_it_lies_and_gone_after_a_day(rider: User) -> None:
    export = made(rider)
    with connection.cursor() as cursor:
        cursor.execute("SELECT content FROM accounts_personaldataexport")
        (stored,) = cursor.fetchone()
    # The archive begins with "PK", in base64 "UEs".
    assert export.content.startswith("UEs")
    assert b"UEs" not in bytes(stored)

    assert services.expire_exports(now=NOON + timedelta(hours=23, minutes=59)) == 0
    assert services.expire_exports(now=NOON + timedelta(hours=24)) == 1

    gone = PersonalDataExport.objects.get(pk=export.pk)
    assert (gone.state, gone.content) == (State.EXPIRED, "")
    with pytest.raises(ExportNotFound):
        services.read_export(export_id=export.pk, now=NOON)


def test_a_copy_past_its_day_opens_no_more_even_before_the_job_came(rider: User) -> None:
    export = made(rider)

    with pytest.raises(ExportNotFound):
        services.read_export(export_id=export.pk, now=NOON + timedelta(hours=24))


def test_nobody_unknown_gets_a_copy() -> None:
    with pytest.raises(UnknownPerson):
        services.request_export(person_id=uuid4(), now=NOON)


def test_a_person_has_one_copy_in_the_making(rider: User) -> None:
    PersonalDataExport.objects.create(person_id=rider.pk, requested_at=NOON)

    with pytest.raises(IntegrityError, match="accounts_export_one_pending"), transaction.atomic():
        PersonalDataExport.objects.create(person_id=rider.pk, requested_at=NOON)


def test_a_copy_has_its_content_exactly_while_it_is_ready(rider: User) -> None:
    for state, content in ((State.READY, ""), (State.EXPIRED, "x"), (State.PENDING, "x")):
        with (
            pytest.raises(IntegrityError, match="accounts_export_content_while_ready"),
            transaction.atomic(),
        ):
            PersonalDataExport.objects.create(
                person_id=rider.pk, requested_at=NOON, state=state, content=content
            )


def test_every_app_that_keeps_something_of_people_is_asked() -> None:
    headings = [source.SECTION for source in sources()]

    assert len(set(headings)) == len(headings) == len(django_settings.PERSONAL_DATA)
    for source in sources():
        assert source.export(person_id=make_rider().pk)
        assert source.obstacles(person_id=make_rider().pk, now=NOON) == []


# --- over HTTP ---------------------------------------------------------------------------------


@pytest.fixture
def api(rider: User) -> Api:
    return Api(rider.pk)


def test_the_first_call_starts_it_and_a_later_one_has_the_link(api: Api) -> None:
    first = api.get("/user/export")
    assert (first.status_code, first.json()["status"]) == (202, "preparing")
    assert first["Retry-After"] == "5"
    assert first.json()["url"] is None

    tasks.keep_exports()
    second = api.get("/user/export")

    body = second.json()
    assert (second.status_code, body["status"]) == (200, "ready")
    assert body["id"] == first.json()["id"]
    # No sign-in: whoever has the link may open it.
    file = Client().get(body["url"])
    assert (file.status_code, file["Content-Type"]) == (200, "application/zip")
    assert file["Cache-Control"] == "no-store"
    assert "attachment" in file["Content-Disposition"]
    assert len(file.content) == body["size"]
    assert set(unpacked(file.content)) == {JSON_NAME, PAGE_NAME}


def test_a_message_makes_it_and_a_second_one_changes_nothing(api: Api, rider: User) -> None:
    export_id = api.get("/user/export").json()["id"]

    tasks.make_export(export_id=export_id)
    tasks.make_export(export_id=export_id)

    newest = selectors.newest_export(person_id=rider.pk)
    assert newest is not None
    assert (str(newest.pk), newest.state) == (export_id, State.READY)


def test_a_link_runs_out_after_a_quarter_of_an_hour(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.get("/user/export")
    link = link_of(api)
    assert Client().get(link).status_code == 200

    monkeypatch.setattr(privacy, "LINK_LIFE_S", -1)

    problem(Client().get(link), 404, "export_not_found")


@pytest.mark.parametrize("spoil", ["", "x", "other", "unsigned", "another salt"])
def test_a_link_that_was_not_signed_for_this_copy_opens_nothing(
    api: Api, rider: User, spoil: str
) -> None:
    api.get("/user/export")
    link = link_of(api)
    path, _, token = link.partition("?token=")
    export_id: str = path.rpartition("/")[2]
    forged = {
        "": "",
        "x": token + "x",
        "other": privacy._LINK.sign(str(UUID(int=1))),
        "unsigned": export_id,
        "another salt": signing.TimestampSigner(salt="else").sign(export_id),
    }[spoil]

    problem(Client().get(path, {"token": forged}), 404, "export_not_found")
    assert selectors.newest_export(person_id=rider.pk) is not None
