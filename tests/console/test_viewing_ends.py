"""View-as: who may look, what ends a view whatever the browser keeps, and what the trail says of it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django import Settings

from apps.accounts import personal_data, services
from apps.accounts.models import AuditEvent, User
from apps.accounts.services import viewing as lives
from tests.accounts.making import at_the_desk, make_operator
from tests.console.looking import BECAUSE, COOKIE, ask, events, looking, why_over
from tests.console.test_second_step import STEP, code_of, enrol
from tests.factories import Shop, make_rider, make_zone

pytestmark = pytest.mark.django_db


def test_the_views_cookie_alone_opens_nothing(desk: Client, rider: User) -> None:
    look = looking(desk, rider)
    thief = Client()
    thief.cookies[COOKIE] = look.cookies[COOKIE].value
    assert thief.get("/app/me").status_code == 403
    assert "Asha" not in thief.get("/app/me").content.decode()

    colleague = at_the_desk(make_operator("support", "MNP"))
    colleague.cookies[COOKIE] = look.cookies[COOKIE].value
    assert colleague.get("/app/me").status_code in {302, 403}
    # Nor does the operator's own session with another secret, or without one.
    desk.cookies[COOKIE] = "umr_" + "x" * 43
    assert desk.get("/app/me").status_code == 403
    del desk.cookies[COOKIE]
    assert desk.get("/app/me").status_code == 302


def put_back(browser: Client, kept: object, secret: str) -> None:
    """Write a session as another request of the same moment may, with what it read before."""
    session = browser.session
    session["view_as"] = kept
    session.save()
    browser.cookies[COOKIE] = secret


def test_a_session_that_is_written_late_brings_no_view_back_and_none_to_another(
    desk: Client, rider: User
) -> None:
    look = looking(desk, rider)
    kept, secret = desk.session["view_as"], look.cookies[COOKIE].value
    colleague = at_the_desk(make_operator("support", "MNP"))
    put_back(colleague, kept, secret)
    assert b"Asha" not in colleague.get("/app/wallet").content
    look = looking(desk, rider)
    kept, secret = desk.session["view_as"], look.cookies[COOKIE].value
    look.post("/admin/stop-viewing/")

    put_back(desk, kept, secret)

    assert desk.get("/app/wallet").status_code == 403


@pytest.mark.parametrize("role", ["reviewer", "finance", "analyst", "support", "administrator"])
def test_who_may_look(shop: Shop, rider: User, role: str) -> None:
    desk = at_the_desk(make_operator(role, "MNP"))

    answers = [ask(desk, row).headers.get("Location", "") for row in (rider, shop.merchant)]

    may = role in {"support", "administrator"}
    assert (COOKIE in desk.cookies) == may
    assert ({"/app/", "/business/"} == set(answers)) == may
    assert len(events("view-as.began")) == (2 if may else 0)


def test_another_citys_people_are_missing(shop: Shop, rider: User) -> None:
    make_zone("BLR", now=timezone.now())
    desk = at_the_desk(make_operator("support", "BLR"))

    for row, page in ((rider, "accounts/user"), (shop.merchant, "merchants/merchant")):
        assert desk.get(f"/admin/{page}/{row.pk}/change/").status_code == 404
        ask(desk, row)
    assert COOKIE not in desk.cookies
    assert events("view-as.began") == []


def test_it_takes_a_reason_and_one_person(desk: Client, rider: User) -> None:
    other = make_rider("other")
    asked = desk.post(
        "/admin/accounts/user/",
        {"action": "view_as", "_selected_action": [str(rider.pk), str(other.pk)],
         "confirmed": "yes", "reason": BECAUSE},
    )  # fmt: skip

    assert b"This field is required" in ask(desk, rider, reason="").content
    assert asked.headers.get("Location") != "/app/"
    assert events("view-as.began") == []


def test_after_a_quarter_of_an_hour_it_is_over_and_takes_another_reason(
    desk: Client, rider: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = looking(desk, rider)
    assert look.get("/app/me").status_code == 200
    monkeypatch.setattr(lives, "LIFE", timedelta(0))

    part = look.get("/app/wallet/balance", headers={"HX-Request": "true"})
    assert (part.status_code, part.headers["HX-Refresh"]) == (403, "true")
    over = look.get("/app/me")

    assert over.status_code == 403
    assert b"This view is over" in over.content
    assert b"Asha" not in over.content
    assert why_over() == ["expired"]
    monkeypatch.undo()
    # It does not come back with the clock, and the browser is its owner's own again.
    assert look.get("/app/me").status_code == 302
    assert looking(desk, rider).get("/app/me").status_code == 200


def test_an_end_that_nobody_noticed_is_put_on_the_trail_once(operator: User, rider: User) -> None:
    now = timezone.now()
    begun = services.begin_viewing(
        person_id=rider.pk, role="rider", zone_code="MNP", operator_id=operator.pk,
        reason=BECAUSE, now=now,
    )  # fmt: skip

    for later in (14, 16, 17):
        services.end_overdue_viewings(now=now + timedelta(minutes=later))
    # Who stops in the same moment has found it going on.
    services.end_viewing(viewing=begun, why="stopped", now=now + timedelta(minutes=15))

    (ended,) = events("view-as.ended")
    assert (ended.after["why"], ended.at) == ("expired", now + timedelta(minutes=15))


@pytest.mark.parametrize("how", ["demoted", "moved", "signed_out", "deactivated"])
def test_it_ends_with_the_operators_right_or_session(
    desk: Client, operator: User, rider: User, how: str
) -> None:
    look = looking(desk, rider)
    if how == "signed_out":
        look.post("/admin/logout/")
    elif how == "deactivated":
        User.objects.filter(pk=operator.pk).update(is_active=False)
    else:
        operator.operator_roles.update(revoked_at=timezone.now())
        if how == "moved":
            services.grant_role(
                user_id=operator.pk, role="support", zone_code="BLR", actor_id=None, reason="x",
                now=timezone.now(),
            )  # fmt: skip

    over = look.get("/app/me")

    assert over.status_code == 403
    assert b"Asha" not in over.content
    whys = {"demoted": "right_lost", "moved": "right_lost"}
    assert why_over() == [whys.get(how, "signed_out")]


@pytest.mark.parametrize("how", ["closed", "deactivated"])
def test_it_ends_with_the_person(desk: Client, rider: User, how: str) -> None:
    look = looking(desk, rider)
    change = {"status": "CLOSED"} if how == "closed" else {"is_active": False}
    User.objects.filter(pk=rider.pk).update(**change)

    assert look.get("/app/wallet").status_code == 403
    assert why_over() == ["person_gone"]
    ask(desk, rider)
    assert len(events("view-as.began")) == 1


def test_it_asks_for_the_second_step(rider: User, settings: Settings) -> None:
    settings.OPERATOR_TWO_FACTOR = True
    operator = make_operator("support", "MNP")
    enrol(operator)
    desk = at_the_desk(operator)
    assert ask(desk, rider).headers["Location"].startswith("/admin/login/")
    desk.post(STEP, {"code": code_of(operator)})

    look = looking(desk, rider)
    assert look.get("/app/me").status_code == 200
    TOTPDevice.objects.filter(user_id=operator.pk).delete()
    assert look.get("/app/me").status_code == 403
    assert why_over() == ["signed_out"]


def test_the_trail_tells_who_looked_at_what_and_why(
    desk: Client, operator: User, rider: User
) -> None:
    look = looking(desk, rider)
    for address in ("/app/wallet", "/app/me", "/app/wallet", "/app/events", "/app/check-in"):
        look.get(address)
    look.post("/admin/stop-viewing/")
    look.post("/admin/stop-viewing/")

    opened = ["/app/wallet", "/app/me", "/app/events"]
    assert [event.after["path"] for event in events("view-as.page-opened")] == opened
    for kind, key in (("view-as", None), ("user", str(rider.pk))):
        (began,), (ended,) = events("view-as.began", kind), events("view-as.ended", kind)
        assert key in {None, began.object_id}
        assert {began.actor_id, ended.actor_id} == {operator.pk}
        assert {began.reason, ended.reason} == {BECAUSE}
        assert (ended.after["why"], ended.after["pages"]) == ("stopped", ", ".join(opened))
    page = desk.get(f"/admin/accounts/user/{rider.pk}/change/").content.decode()
    assert "view-as.ended" in page
    # Whoever was looked at reads it in the copy of their data.
    told = personal_data.export(person_id=rider.pk)["what_was_done"]
    assert [done["action"] for done in told] == ["view-as.began", "view-as.ended"]  # type: ignore[attr-defined]


def test_another_view_ends_the_one_before(desk: Client, rider: User, shop: Shop) -> None:
    looking(desk, rider)
    look = looking(desk, shop.merchant)

    assert why_over() == ["replaced"]
    assert look.get("/app/me").status_code == 403
    assert AuditEvent.objects.filter(object_type="merchant", action="view-as.began").count() == 1
