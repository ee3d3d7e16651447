"""A case that was decided as fraud by mistake, taken back at the desk: the watch, and what waited under it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import AuditEvent, User
from apps.analytics import casework, personal_data
from apps.analytics.errors import CaseNotConfirmed, ReasonMissing
from apps.analytics.models import RiskCase
from apps.rides.models import Watch
from apps.wallet import codes
from apps.wallet import selectors as ledger
from tests.accounts.making import at_the_desk, make_operator
from tests.analytics.suspecting import OPERATOR, suspect
from tests.factories import Shop, make_booking, make_rider, make_shop
from tests.handshake.visiting import execute, visit

pytestmark = pytest.mark.django_db
CASES, VISITS = "analytics_riskcase", "handshake_handshake"


@pytest.fixture
def shop() -> Shop:
    return make_shop(now=timezone.now())


@pytest.fixture
def rider() -> User:
    return make_rider()


@pytest.fixture
def case(shop: Shop, rider: User) -> RiskCase:
    return fraud(shop, rider)


@pytest.fixture
def manager() -> Client:
    return at_the_desk(make_operator("city_manager", "MNP"))


def fraud(shop: Shop, rider: User) -> RiskCase:
    """Open a case of the pair and decide it as fraud."""
    now = timezone.now()
    case = suspect("MNP", rider_id=rider.pk, merchant_id=shop.merchant.pk, now=now)
    casework.decide_case(case_id=case.pk, fraud=True, actor_id=OPERATOR, reason="seen", now=now)
    return case


def act(client: Client, page: str, name: str, row: Any, **form: str) -> str:  # Any: a row
    """Choose a row on its list and do an act with it; return the page that comes then."""
    data = {"action": name, "_selected_action": [str(row.pk)], **form}
    answer = client.post(reverse(f"admin:{page}_changelist"), data, follow=True)
    assert answer.status_code == 200
    return str(answer.content.decode())


def take_back(client: Client, case: RiskCase) -> str:
    return act(
        client, CASES, "take_back_selected", case, confirmed="yes", reason="two phones, one family"
    )


def watches() -> set[object]:
    return set(Watch.objects.filter(ended_at=None).values_list("merchant_id", flat=True))


def test_fraud_by_mistake_is_cleared_and_the_rider_watched_no_longer(
    manager: Client, case: RiskCase, shop: Shop, rider: User
) -> None:
    assert watches() == {shop.merchant.pk, None}

    assert f"{case.pk}: done" in take_back(manager, case)

    case.refresh_from_db()
    assert case.state == RiskCase.State.CLEARED
    assert watches() == set()
    event = AuditEvent.objects.get(action="risk-case.fraud-taken-back", object_id=str(case.pk))
    assert event.before == {"state": "CONFIRMED", "decided_by": str(OPERATOR)}
    assert event.after == {"state": "CLEARED", "decided_by": str(event.actor_id)}
    assert (event.actor_id, event.reason) == (case.decided_by, "two phones, one family")
    # The rider's own copy does not say fraud any more.
    assert "fraud" not in str(personal_data.export(person_id=rider.pk))


def test_the_page_asks_for_a_reason_and_says_what_waits(
    manager: Client, case: RiskCase, shop: Shop, rider: User
) -> None:
    visit(shop, rider, now=timezone.now())

    for given in ({}, {"confirmed": "yes", "reason": "  "}):
        page = act(manager, CASES, "take_back_selected", case, **given)
        assert "1 of the rider&#x27;s visits waits with ₹150.00" in page
        assert "watch these riders no longer?" in page
    case.refresh_from_db()
    assert case.state == RiskCase.State.CONFIRMED


def test_what_waits_in_another_city_is_not_told_here_and_is_read_in_one_query(
    case: RiskCase, shop: Shop, rider: User
) -> None:
    now = timezone.now()
    visit(shop, rider, now=now)
    elsewhere = visit(make_shop("Elsewhere", zone="BLR", now=now), rider, now=now)
    assert elsewhere.review
    other = fraud(make_shop("Next door", now=now), make_rider())
    data = {"action": "take_back_selected", "_selected_action": [str(case.pk), str(other.pk)]}

    for zone, said in (
        ("MNP", "1 of the rider&#x27;s visits waits with ₹150.00"),
        ("", "2 of the rider&#x27;s visits wait with ₹300.00"),
    ):
        client = at_the_desk(make_operator("city_manager", zone))
        with CaptureQueriesContext(connection) as asked:
            page = client.post(reverse(f"admin:{CASES}_changelist"), data).content.decode()
        assert said in page
        assert page.count("none of the rider&#x27;s visits waits") == 1
        waiting = [one for one in asked.captured_queries if "reversed_paise" in one["sql"]]
        assert len(waiting) == 1


def test_what_was_parked_waits_for_its_own_look_and_the_next_booking_is_paid_at_once(
    manager: Client, case: RiskCase, shop: Shop, rider: User
) -> None:
    now = timezone.now()
    parked = visit(shop, rider, now=now)
    elsewhere = make_shop("Elsewhere", now=now)
    booked = make_booking(elsewhere, rider, now=now)

    take_back(manager, case)

    # Sold under the watch: a look before the payment was part of what was booked.
    late = execute(booked, elsewhere.owner_id, now=now).handshake
    assert late.review
    wallet = codes.rider_wallet(rider.pk)
    assert ledger.balance_paise(code=wallet) == 0
    finance = at_the_desk(make_operator("finance", "MNP"))
    for paid, visited in enumerate((parked, late), start=1):
        act(finance, VISITS, "approve_selected", visited, confirmed="yes", reason="case cleared")
        assert ledger.balance_paise(code=wallet) == paid * 150_00
    assert ledger.balance_paise(code=codes.rider_parked(rider.pk)) == 0

    after = visit(make_shop("Third", now=now), rider, now=now + timedelta(hours=1))
    assert not after.review
    assert ledger.balance_paise(code=wallet) == 450_00


def test_a_watch_stays_while_another_case_asks_for_it(
    manager: Client, case: RiskCase, shop: Shop, rider: User
) -> None:
    now = timezone.now()
    whose: dict[str, Any] = {"rider_id": rider.pk, "zone_code": "MNP"}  # Any: fields of two types
    worse = RiskCase.objects.create(
        **whose, merchant_id=shop.merchant.pk, score=120, band="DENY", opened_at=now
    )

    take_back(manager, case)
    assert watches() == {shop.merchant.pk, None}

    casework.decide_case(case_id=worse.pk, fraud=False, actor_id=OPERATOR, reason="x", now=now)
    assert watches() == set()


@pytest.mark.parametrize("state", [RiskCase.State.OPEN, RiskCase.State.CLEARED])
def test_only_fraud_is_taken_back(
    manager: Client, shop: Shop, rider: User, state: RiskCase.State
) -> None:
    now = timezone.now()
    case = suspect("MNP", rider_id=rider.pk, merchant_id=shop.merchant.pk, now=now)
    if state == RiskCase.State.CLEARED:
        casework.decide_case(case_id=case.pk, fraud=False, actor_id=OPERATOR, reason="x", now=now)

    assert "was not decided as fraud" in take_back(manager, case)

    case.refresh_from_db()
    assert case.state == state
    assert not AuditEvent.objects.filter(action="risk-case.fraud-taken-back").exists()


def test_a_case_is_taken_back_once_and_with_a_reason(case: RiskCase) -> None:
    later = timezone.now()
    with pytest.raises(ReasonMissing):
        casework.clear_confirmed(case_id=case.pk, actor_id=OPERATOR, reason=" ", now=later)
    casework.clear_confirmed(case_id=case.pk, actor_id=OPERATOR, reason="mistake", now=later)
    with pytest.raises(CaseNotConfirmed):
        casework.clear_confirmed(case_id=case.pk, actor_id=OPERATOR, reason="mistake", now=later)


def test_who_may_not_decide_cases_may_not_take_one_back(case: RiskCase) -> None:
    elsewhere = at_the_desk(make_operator("city_manager", "BLR"))
    for client in (elsewhere, at_the_desk(make_operator("finance", "MNP"))):
        data = {"action": "take_back_selected", "_selected_action": [str(case.pk)], "reason": "x"}
        client.post(reverse(f"admin:{CASES}_changelist"), data | {"confirmed": "yes"})

    case.refresh_from_db()
    assert case.state == RiskCase.State.CONFIRMED
