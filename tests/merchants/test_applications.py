"""Applying for a business, and the review of it."""

from datetime import time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from apps.accounts.errors import UnknownPerson
from apps.accounts.models import AuditEvent
from apps.merchants import selectors, services
from apps.merchants.errors import (
    AlreadyOnStaff,
    ApplicationChanged,
    ApplicationDecided,
    ApplicationIncomplete,
    GstinInvalid,
    GstinTaken,
    HoursInvalid,
    MerchantStatusNotAllowed,
    NoApplication,
    OutletsInSeveralZones,
    OutsideEveryZone,
    RadiusNotAllowed,
    ReasonRequired,
    StateUnknown,
    UnknownMerchant,
    UnknownOutlet,
)
from apps.merchants.models import Application, Merchant, Outlet, Staff
from apps.notifications.models import InboxMessage
from apps.wallet import codes
from apps.wallet import selectors as ledger
from tests.factories import request_key
from tests.merchants.applying import EAST, GSTIN, apply, draw_zones, gstin, outlet, wanted
from tests.merchants.making import MANIPAL, NOON, make_merchant, make_outlet, make_person, make_zone
from uma.kernel.geo import Point
from uma.kernel.http.errors import IdempotencyKeyReused
from uma.kernel.zones import Window

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)
REVIEWER = uuid4()
EVENING = Window(4, time(18), time(2))


def decide(name: str, application: Application, **more: Any) -> Application:
    facts = {"revision": application.revision, "reason": "because", "actor_id": REVIEWER}
    act = getattr(services, name)
    decided: Application = act(merchant_id=application.pk, now=LATER, **(facts | more))
    return decided


def owner_of(application: Application) -> UUID:
    return application.applicant_id


def test_an_application_is_a_merchant_with_an_owner_outlets_and_an_empty_purse() -> None:
    application = apply(outlets=(outlet(hours=(EVENING,), radius_m=80),))

    merchant = Merchant.objects.get()
    assert (merchant.status, merchant.zone_id, merchant.state_code) == ("APPLIED", "MNP", "29")
    assert (merchant.gstin, merchant.email) == (GSTIN, "owner@example.org")
    assert set(ledger.balances_paise(codes=codes.merchant_accounts(merchant.pk)).values()) == {0}
    scope = selectors.staff_of(user_id=owner_of(application))
    assert scope is not None
    assert (scope.merchant_id, scope.role) == (merchant.pk, "OWNER")
    row = Outlet.objects.get()
    assert (row.location, row.radius_m, row.zone_id) == (MANIPAL, 80, "MNP")
    assert row.hours == [{"dow": 4, "start": "18:00", "end": "02:00"}]
    assert AuditEvent.objects.get(action="merchant.applied").actor_id == owner_of(application)


@pytest.mark.parametrize(
    ("number", "said", "state"), [("", "", "29"), ("", "32", "32"), (GSTIN, "", "29")]
)
def test_the_state_is_as_said_or_the_gstins_or_where_the_outlets_are(
    number: str, said: str, state: str
) -> None:
    apply(gstin=number, state_code=said)

    assert Merchant.objects.get().state_code == state


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({"gstin": "29AAPFU0939F1ZX"}, GstinInvalid),
        ({"gstin": GSTIN, "state_code": "32"}, GstinInvalid),
        ({"gstin": "", "state_code": "99"}, StateUnknown),
        ({"outlets": (outlet(location=Point(20.0, 80.0)),)}, OutsideEveryZone),
        ({"outlets": (outlet(), outlet(location=EAST))}, OutletsInSeveralZones),
        ({"outlets": (outlet(radius_m=19),)}, RadiusNotAllowed),
        ({"outlets": (outlet(hours=(EVENING, EVENING)),)}, HoursInvalid),
        ({"outlets": (outlet(id=uuid4()),)}, UnknownOutlet),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    facts: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        apply(**facts)

    for table in (Merchant, Outlet, Staff, Application):
        assert not table.objects.exists()
    assert not AuditEvent.objects.exists()


def test_a_place_outside_every_zone_is_told_the_nearest() -> None:
    with pytest.raises(OutsideEveryZone) as refusal:
        apply(outlets=(outlet(location=Point(13.2, 74.8)),))

    nearest: Any = refusal.value.extra["nearest_zone"]
    assert (nearest["code"], nearest["name"]) == ("MNP", "Zone MNP")
    assert 11_000 < nearest["distance_m"] < 11_250
    make_zone("XXX")
    with pytest.raises(OutsideEveryZone, match="Zone MNP"):
        apply(outlets=(outlet(location=Point(13.2, 74.8)),))


def test_where_no_zone_is_drawn_nobody_can_apply() -> None:
    make_zone()

    with pytest.raises(OutsideEveryZone) as refusal:
        services.apply(user_id=make_person(), wanted=wanted(), now=NOON, key=None)

    assert refusal.value.extra == {}


def test_somebody_with_a_post_does_not_apply_and_neither_does_nobody() -> None:
    application = apply()

    with pytest.raises(AlreadyOnStaff):
        apply(owner_of(application), gstin="")
    with pytest.raises(UnknownPerson):
        apply(uuid4(), gstin="")
    assert Merchant.objects.count() == 1


def test_a_repeat_gets_the_application_it_made_and_another_body_is_refused() -> None:
    person, key = make_person(), request_key("k")
    first = apply(person, key=key)

    again = services.apply(user_id=person, wanted=wanted(), now=LATER, key=key)
    assert (again.application.pk, again.replayed) == (first.pk, True)
    with pytest.raises(IdempotencyKeyReused):
        services.apply(
            user_id=person, wanted=wanted(), now=LATER, key=request_key("k", body=b"two")
        )
    assert Application.objects.count() == 1


def test_a_gstin_of_a_merchant_that_may_sell_is_taken_and_of_an_applicant_it_is_not() -> None:
    first, second = apply(), apply(brand="Second")
    decide("approve", first)

    with pytest.raises(GstinTaken) as refusal:
        apply(brand="Third")
    assert "Corner" not in str(refusal.value.detail)
    assert refusal.value.extra == {}
    with pytest.raises(GstinTaken):
        decide("approve", second)
    second.refresh_from_db()
    assert (second.state, second.merchant.status) == ("APPLIED", "APPLIED")


def test_an_applicant_corrects_the_application_and_keeps_its_outlets_ids() -> None:
    application = apply(outlets=(outlet(), outlet("Second")))
    one, two = Outlet.objects.order_by("pk")

    services.amend(
        user_id=owner_of(application),
        wanted=wanted(
            brand="New", gstin="", outlets=(outlet("Renamed", id=one.pk), outlet("Third"))
        ),
        now=LATER,
    )

    application.refresh_from_db()
    assert (application.revision, application.submitted_at) == (2, LATER)
    assert application.merchant.brand == "New"
    names = dict(Outlet.objects.values_list("name", "status"))
    assert names == {"Renamed": "OPEN", "Second": "CLOSED", "Third": "OPEN"}
    one.refresh_from_db()
    assert one.name == "Renamed"
    trace = AuditEvent.objects.get(action="merchant.amended")
    assert trace.after["changed"] == ["brand", "gstin"]
    # A closed outlet is gone for the application.
    with pytest.raises(UnknownOutlet):
        services.amend(
            user_id=owner_of(application), wanted=wanted(outlets=(outlet(id=two.pk),)), now=LATER
        )


def test_an_application_may_move_to_another_zone_as_a_whole() -> None:
    application = apply()
    row = Outlet.objects.get()

    services.amend(
        user_id=owner_of(application),
        wanted=wanted(outlets=(outlet(id=row.pk, location=EAST),)),
        now=LATER,
    )

    row.refresh_from_db()
    assert (row.zone_id, row.merchant.zone_id, row.location) == ("BLR", "BLR", EAST)


def test_an_outlet_is_named_once_and_is_ones_own() -> None:
    application = apply()
    own, strange = Outlet.objects.get(), make_outlet(make_merchant("Other"))

    for chosen in ((own.pk, own.pk), (strange.pk,)):
        with pytest.raises(UnknownOutlet):
            services.amend(
                user_id=owner_of(application),
                wanted=wanted(outlets=[outlet(id=pk) for pk in chosen]),
                now=LATER,
            )


def test_an_approved_application_lets_the_merchant_sell_and_tells_the_owner() -> None:
    application = apply()

    decide("approve", application, reason="")

    application.refresh_from_db()
    assert (application.state, application.decided_by) == ("APPROVED", REVIEWER)
    assert application.merchant.status == "ACTIVE"
    message = InboxMessage.objects.get()
    assert message.person_id == owner_of(application)
    assert message.title == "Corner Café is open for business"
    trace = AuditEvent.objects.get(action="application.approved")
    assert (trace.before["application"], trace.after["application"]) == ("APPLIED", "APPROVED")
    assert AuditEvent.objects.filter(action="merchant.active").exists()


def test_an_application_sent_back_is_corrected_and_waits_again() -> None:
    application = apply()

    decide("send_back", application, reason="The lease is unclear")
    application.refresh_from_db()
    assert (application.state, application.merchant.status) == ("SENT_BACK", "APPLIED")
    message = InboxMessage.objects.get()
    assert "lease" not in message.title + message.body
    with pytest.raises(ApplicationDecided):
        decide("approve", application)
    with pytest.raises(ApplicationDecided):
        decide("send_back", application)

    again = services.amend(user_id=owner_of(application), wanted=wanted(), now=LATER)
    assert (again.state, again.revision, again.decided_at) == ("APPLIED", 2, None)
    assert again.reason == "The lease is unclear"
    decide("approve", again)


@pytest.mark.parametrize("sent_back", [True, False])
def test_a_rejected_application_is_over_and_its_owner_is_free(*, sent_back: bool) -> None:
    application = apply()
    if sent_back:
        application = decide("send_back", application)

    decide("reject", application, reason="No such shop")

    application.refresh_from_db()
    assert (application.state, application.merchant.status) == ("REJECTED", "CLOSED")
    assert selectors.staff_of(user_id=owner_of(application)) is None
    with pytest.raises(ApplicationDecided):
        services.amend(user_id=owner_of(application), wanted=wanted(), now=LATER)
    second = apply(owner_of(application), brand="Another try")
    found = selectors.application_of(user_id=owner_of(application))
    assert found is not None
    assert found.pk == second.pk


def test_nobody_decides_about_what_nobody_has_seen() -> None:
    application = apply()
    services.amend(user_id=owner_of(application), wanted=wanted(brand="Other"), now=LATER)

    for act in ("approve", "send_back", "reject"):
        with pytest.raises(ApplicationChanged) as refusal:
            decide(act, application)
        assert refusal.value.extra == {"revision": 2}


def test_a_decision_needs_a_reason_an_application_and_an_outlet() -> None:
    application = apply()

    for act in ("send_back", "reject"):
        with pytest.raises(ReasonRequired):
            decide(act, application, reason=" ")
    for missing, refusal in (
        (make_merchant("Other").pk, NoApplication),
        (uuid4(), UnknownMerchant),
    ):
        with pytest.raises(refusal):
            services.approve(merchant_id=missing, revision=1, actor_id=REVIEWER, now=NOON)
    with pytest.raises(NoApplication):
        services.amend(user_id=uuid4(), wanted=wanted(), now=NOON)
    Outlet.objects.update(status="CLOSED")
    with pytest.raises(ApplicationIncomplete):
        decide("approve", application)


def test_an_open_application_is_decided_by_its_review_alone() -> None:
    application = apply()

    for act in (services.activate, services.close):
        with pytest.raises(MerchantStatusNotAllowed, match="review"):
            act(merchant_id=application.pk, actor_id=None, reason="x", now=NOON)
    decide("approve", application)
    services.close(merchant_id=application.pk, actor_id=None, reason="x", now=NOON)


def test_what_may_be_the_same_business_is_named_with_what_says_so() -> None:
    person = make_person()
    old = apply(person, gstin=gstin(1), brand="Old", outlets=(outlet(location=EAST),))
    decide("reject", old)
    make_outlet(make_merchant("Next door"), at=Point(13.3525, 74.7930))
    make_outlet(make_merchant("Down the road"), at=Point(13.3525, 74.7940))
    apply(brand="Same number", gstin=gstin(1), outlets=(outlet(location=Point(13.38, 74.8)),))
    apply(brand="Unlike", gstin=gstin(2), outlets=(outlet(location=Point(13.38, 74.75)),))
    mine = apply(person, gstin=gstin(1, registration="2"), brand="Mine")

    found = {
        one.merchant.brand: one.reasons for one in selectors.duplicates_of(merchant_id=mine.pk)
    }

    assert found == {
        "Old": ("same PAN", "same person, and so the same phone"),
        "Same number": ("same PAN",),
        "Next door": ("outlet 22 m from Main Road",),
    }


def test_the_queue_is_the_oldest_first_by_where_it_stands() -> None:
    draw_zones()
    waiting, returned, second = (apply(brand=name) for name in ("One", "Two", "Three"))
    decide("send_back", returned)
    bare = make_merchant("By hand", active=False)

    def queue(status: str | None, **more: Any) -> list[UUID]:
        rows = selectors.merchants_by_status(status=status, limit=10, **more)
        return [row.pk for row in rows]

    assert queue("applied") == [waiting.pk, second.pk, bare.pk]
    assert queue("sent_back") == [returned.pk]
    assert queue("applied", after_id=waiting.pk) == [second.pk, bare.pk]
    assert len(queue(None)) == 4
    decide("approve", waiting)
    assert queue("active") == [waiting.pk]
