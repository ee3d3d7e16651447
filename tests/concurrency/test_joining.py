"""Applications, posts and invitations at once: each lock with its test and its control."""

import importlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction

from apps.accounts import services as accounts
from apps.merchants import services
from apps.merchants.models import Application, Invitation, Merchant, Staff
from apps.merchants.selectors import StaffScope
from apps.merchants.services import businesses, inviting, review
from tests.campaigns.racing import at_once, slowly
from tests.concurrency.meeting import one_after_the_other
from tests.factories import request_key
from tests.merchants.applying import apply, draw_zones, wanted
from tests.merchants.making import NOON, make_merchant, make_person, make_staff

pytestmark = pytest.mark.django_db(transaction=True)
KEEP = importlib.import_module("apps.merchants.migrations.0004_hours_and_last_owner").KEEP
PHONE = "+919876543210"
TRIGGER = "pgtrigger_merchants_staff_keeps_an_owner_d2202"


def sql(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def without_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the merchant's lock away from all its editors."""
    monkeypatch.setattr(
        businesses, "lock", lambda merchant_id: Merchant.objects.get(pk=merchant_id)
    )


@contextmanager
def without_guard() -> Iterator[None]:
    sql(f"ALTER TABLE merchants_staff DISABLE TRIGGER {TRIGGER}")
    try:
        yield
    finally:
        sql(f"ALTER TABLE merchants_staff ENABLE TRIGGER {TRIGGER}")


def leaving(merchant: Merchant) -> list[Callable[[], object]]:
    """Return two owners about to leave, who are all there are."""
    for _ in range(2):
        make_staff(merchant)
    posts = Staff.objects.filter(merchant=merchant)

    def leave(post: Staff) -> Callable[[], object]:
        by = StaffScope(merchant.pk, "OWNER", (), post.user_id)
        return lambda: services.dismiss_staff(
            staff_id=post.pk, by=by, actor_id=post.user_id, reason="left", now=NOON
        )

    return [leave(post) for post in posts]


def owners() -> int:
    return Staff.objects.filter(role="OWNER", is_active=True).count()


def test_of_two_owners_who_leave_at_once_one_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = leaving(make_merchant())
    slowly(monkeypatch, Staff)

    assert at_once(jobs) == {"done": 1, "LastOwner": 1}
    assert owners() == 1


def test_without_lock_and_guard_a_merchant_would_lose_both(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: each counts the other, and nobody is left."""
    jobs = leaving(make_merchant())
    slowly(monkeypatch, Staff)
    without_lock(monkeypatch)

    with without_guard():
        assert at_once(jobs) == {"done": 2}
    assert owners() == 0


def by_hand(barrier: threading.Barrier, user_id: UUID) -> Callable[[], object]:
    def leave() -> None:
        with transaction.atomic():
            Staff.objects.filter(user_id=user_id).update(is_active=False)
            with suppress(threading.BrokenBarrierError):
                barrier.wait(timeout=0.5)

    return leave


def test_behind_the_lock_the_database_keeps_an_owner_too() -> None:
    merchant, barrier = make_merchant(), threading.Barrier(2)
    people = [make_staff(merchant) for _ in range(2)]

    assert at_once([by_hand(barrier, one) for one in people]) == {"done": 1, "IntegrityError": 1}
    assert owners() == 1


def test_the_guard_without_its_lock_would_let_both_go() -> None:
    """The control of the lock inside the trigger."""
    merchant, barrier = make_merchant(), threading.Barrier(2)
    people = [make_staff(merchant) for _ in range(2)]
    create = KEEP.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")

    sql(create.replace(" FOR NO KEY UPDATE", ""))
    try:
        assert at_once([by_hand(barrier, one) for one in people]) == {"done": 2}
    finally:
        sql(create)
    assert owners() == 0


def offered(person: UUID | None = None, *, phone: str = PHONE) -> tuple[Invitation, UUID]:
    merchant = make_merchant(f"Brand {uuid4().hex[:6]}")
    by = StaffScope(merchant.pk, "OWNER", (), make_staff(merchant))
    made = services.invite(by=by, phone=phone, role="SCANNER", outlet_ids=(), now=NOON).invitation
    known = person or accounts.create_person(phone=phone, zone_code="MNP", now=NOON).pk
    return made, known


def accept(invitation: Invitation, person: UUID) -> Callable[[], object]:
    return lambda: services.accept_invitation(invitation_id=invitation.pk, user_id=person, now=NOON)


def test_an_offer_accepted_twice_at_once_is_one_post_and_twice_the_same_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    invitation, person = offered()
    slowly(monkeypatch, Staff)

    assert at_once([accept(invitation, person)] * 2) == {"done": 2}
    assert Staff.objects.filter(user_id=person).count() == 1


def test_without_the_lock_the_second_would_be_refused_and_still_be_no_second_post(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control: the row of the invitation decides, and the answer is no longer the same."""
    invitation, person = offered()
    slowly(monkeypatch, Staff)
    without_lock(monkeypatch)

    assert at_once([accept(invitation, person)] * 2) == {"done": 1, "InvitationOver": 1}
    assert Staff.objects.filter(user_id=person).count() == 1


def test_two_offers_accepted_at_once_are_one_post(monkeypatch: pytest.MonkeyPatch) -> None:
    first, person = offered()
    second, _ = offered(person)
    slowly(monkeypatch, Staff)

    ends = at_once([accept(first, person), accept(second, person)])

    assert ends == {"done": 1, "AlreadyOnStaff": 1}
    assert Staff.objects.filter(user_id=person, is_active=True).count() == 1
    assert sorted(Invitation.objects.values_list("state", flat=True)) == ["ACCEPTED", "PENDING"]


def invite_twice(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    merchant = make_merchant()
    by = StaffScope(merchant.pk, "OWNER", (), make_staff(merchant))
    slowly(monkeypatch, Invitation)
    job = lambda: services.invite(by=by, phone=PHONE, role="SCANNER", outlet_ids=(), now=NOON)  # noqa: E731
    return at_once([job] * 2)


def test_the_same_offer_made_twice_at_once_stands_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert invite_twice(monkeypatch) == {"done": 2}
    assert Invitation.objects.count() == 1


def test_without_the_lock_the_constraint_lets_one_offer_stand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without_lock(monkeypatch)

    assert invite_twice(monkeypatch) == {"done": 1, "IntegrityError": 1}
    assert Invitation.objects.count() == 1


def test_an_offer_that_ends_while_it_is_accepted_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Red without the look at the row's state: the job takes no merchant's lock."""
    invitation, person = offered()
    original = inviting._end

    def expire_first(*facts: Any, **more: Any) -> None:
        later = NOON + timedelta(days=8)
        assert at_once([lambda: services.expire_invitations(now=later, limit=9)]) == {"done": 1}
        original(*facts, **more)

    monkeypatch.setattr(inviting, "_end", expire_first)
    assert at_once([accept(invitation, person)]) == {"InvitationOver": 1}

    assert not Staff.objects.filter(user_id=person).exists()
    assert Invitation.objects.get().state == "EXPIRED"


def test_the_job_that_ends_offers_passes_by_one_that_is_being_accepted() -> None:
    being_accepted, person = offered()
    offered(person)

    def accept_in_vain() -> None:
        accept(being_accepted, person)()
        transaction.set_rollback(True)

    def expire() -> int:
        return services.expire_invitations(now=NOON + timedelta(days=8), limit=9)

    # It would wait for the first, and hold the second meanwhile from whoever takes it.
    assert one_after_the_other(accept_in_vain, expire) == (None, 1)
    assert expire() == 1, "left to the next run"


@pytest.mark.parametrize("keyed", [True, False])
def test_a_person_who_applies_twice_at_once_has_one_business(
    monkeypatch: pytest.MonkeyPatch, *, keyed: bool
) -> None:
    draw_zones()
    person, key = make_person(), request_key("once") if keyed else None
    slowly(monkeypatch, Staff)

    def job() -> None:
        services.apply(user_id=person, wanted=wanted(), now=NOON, key=key)

    ends = at_once([job] * 2)

    assert ends == ({"done": 2} if keyed else {"done": 1, "AlreadyOnStaff": 1})
    assert Merchant.objects.count() == Application.objects.count() == 1


def approve_while_amended(monkeypatch: pytest.MonkeyPatch) -> tuple[bool, Counter[str]]:
    """Approve what was read while the applicant changes it; say whether the applicant had to wait."""
    application, ends = apply(), Counter[str]()
    original, waited = review._decide, []

    def amend() -> None:
        services.amend(user_id=application.applicant_id, wanted=wanted(brand="Unseen"), now=NOON)

    applicant = threading.Thread(target=lambda: ends.update(at_once([amend])))

    def amend_first(*facts: Any, **more: Any) -> None:
        applicant.start()
        applicant.join(timeout=0.5)
        waited.append(applicant.is_alive())
        original(*facts, **more)

    monkeypatch.setattr(review, "_decide", amend_first)
    services.approve(merchant_id=application.pk, revision=1, actor_id=uuid4(), now=NOON)
    applicant.join(timeout=10)
    return waited[0], ends


def test_what_is_approved_is_what_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert approve_while_amended(monkeypatch) == (True, {"ApplicationDecided": 1})
    assert Merchant.objects.get().brand == "Corner Café"


def test_without_the_lock_what_nobody_has_seen_would_be_approved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control: the applicant slips a change in between the look and the decision."""
    without_lock(monkeypatch)

    assert approve_while_amended(monkeypatch) == (False, {"done": 1})
    assert (Merchant.objects.get().brand, Application.objects.get().state) == ("Unseen", "APPROVED")


def approve_both(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    two = [apply(brand=brand) for brand in ("One", "Two")]
    slowly(monkeypatch, Merchant)

    def approving(application: Application) -> Callable[[], object]:
        return lambda: services.approve(
            merchant_id=application.pk, revision=1, actor_id=uuid4(), now=NOON
        )

    return at_once([approving(one) for one in two])


def test_of_two_applicants_with_one_gstin_one_is_approved(monkeypatch: pytest.MonkeyPatch) -> None:
    assert approve_both(monkeypatch) == {"done": 1, "GstinTaken": 1}
    assert sorted(Application.objects.values_list("state", flat=True)) == ["APPLIED", "APPROVED"]


def test_without_the_index_one_gstin_would_sell_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the partial unique index."""
    create = importlib.import_module("apps.merchants.migrations.0005_gstin_once").CREATE
    sql("DROP INDEX merchants_merchant_gstin_once")
    try:
        assert approve_both(monkeypatch) == {"done": 2}
        Merchant.objects.update(status="CLOSED")
    finally:
        sql(create)
