"""Consents: one answer to one version of one question, and the newest counts."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from apps.accounts import selectors, services
from apps.accounts.consents import PURPOSES, Purpose
from apps.accounts.errors import ConsentOutdated, ConsentRequired, UnknownPurpose
from apps.accounts.models import Consent
from tests.factories import NOON, make_rider
from tests.rides.calling import Api, problem

pytestmark = pytest.mark.django_db


def rider_id() -> UUID:
    return make_rider(now=timezone.now()).pk


def answer(person_id: UUID, *, granted: bool, minutes: int = 0, purpose: str = "offers") -> None:
    services.answer_consent(
        person_id=person_id,
        purpose=purpose,
        version=PURPOSES[purpose].version,
        granted=granted,
        now=NOON + timedelta(minutes=minutes),
    )


def test_nothing_is_agreed_to_before_somebody_was_asked() -> None:
    person = rider_id()

    answers = selectors.consents(person_id=person)

    assert [row.purpose.code for row in answers] == list(PURPOSES)
    assert {row.granted for row in answers} == {None}
    assert not selectors.has_consented(person_id=person, purpose="offers")


def test_the_newest_answer_counts_and_every_answer_stays() -> None:
    person = rider_id()

    answer(person, granted=True)
    assert selectors.has_consented(person_id=person, purpose="offers")
    answer(person, granted=False, minutes=1)

    assert not selectors.has_consented(person_id=person, purpose="offers")
    assert Consent.objects.filter(person_id=person).count() == 2


def test_a_new_text_is_asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    person = rider_id()
    answer(person, granted=True)
    old = PURPOSES["offers"]

    monkeypatch.setitem(PURPOSES, "offers", Purpose("offers", old.version + 1, old.title, "More."))

    assert not selectors.has_consented(person_id=person, purpose="offers")
    with pytest.raises(ConsentOutdated) as refused:
        services.answer_consent(
            person_id=person, purpose="offers", version=old.version, granted=True, now=NOON
        )
    assert refused.value.extra == {"current_version": old.version + 1}


def test_what_the_service_stands_on_ends_with_the_account_only() -> None:
    person = rider_id()
    answer(person, granted=True, purpose="service")

    with pytest.raises(ConsentRequired):
        answer(person, granted=False, purpose="service")

    assert selectors.has_consented(person_id=person, purpose="service")


def test_nobody_answers_what_is_not_asked() -> None:
    with pytest.raises(UnknownPurpose):
        services.answer_consent(
            person_id=rider_id(), purpose="everything", version=1, granted=True, now=NOON
        )

    assert Consent.objects.count() == 0


def test_answers_are_append_only() -> None:
    answer(rider_id(), granted=True)

    with pytest.raises(DatabaseError), transaction.atomic():
        Consent.objects.update(granted=False)
    with pytest.raises(DatabaseError), transaction.atomic():
        Consent.objects.all().delete()

    assert Consent.objects.get().granted


def test_a_version_is_at_least_one() -> None:
    with pytest.raises(IntegrityError, match="accounts_consent_version"), transaction.atomic():
        Consent.objects.create(
            person_id=rider_id(), purpose="offers", version=0, granted=True, at=NOON
        )


def test_the_api_asks_and_takes_both_answers() -> None:
    api = Api(rider_id())
    version = PURPOSES["location"].version

    given = api.post("/user/consents", {"purpose": "location", "version": version, "granted": True})
    listed = {row["purpose"]: row for row in api.get("/user/consents").json()}

    assert given.status_code == 201
    assert given.json() == listed["location"]
    assert listed["location"]["granted"] is True
    assert listed["offers"]["granted"] is None
    taken = api.post(
        "/user/consents", {"purpose": "location", "version": version, "granted": False}
    )
    assert taken.json()["granted"] is False


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"purpose": "everything", "version": 1, "granted": True}, 404, "unknown_purpose"),
        ({"purpose": "offers", "version": 9, "granted": True}, 409, "consent_outdated"),
        ({"purpose": "service", "version": 1, "granted": False}, 409, "consent_required"),
        ({"purpose": "offers", "version": 1, "granted": "perhaps"}, 422, "validation_failed"),
        ({"purpose": "offers", "version": 1}, 422, "validation_failed"),
    ],
)
def test_a_bad_answer_is_refused_and_not_kept(
    body: dict[str, object], status: int, code: str
) -> None:
    response = Api(rider_id()).post("/user/consents", body)

    problem(response, status, code)
    assert Consent.objects.count() == 0
