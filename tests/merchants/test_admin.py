"""The operators' desk of merchants and campaigns: to read, and to act through services."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from apps.accounts.models import AuditEvent
from apps.campaigns.models import Allotment, Campaign, Deal, FeeSchedule, Revision
from apps.merchants.models import FirstVisit, Merchant, Outlet, Staff, Zone
from apps.wallet import codes
from apps.wallet import selectors as ledger
from tests.accounts.making import at_the_desk, confirmed, make_operator
from tests.campaigns.making import make_campaign, take
from tests.merchants.making import make_merchant, make_outlet, make_staff

pytestmark = pytest.mark.django_db
MODELS = [
    Zone, Merchant, Outlet, Staff, FirstVisit, Campaign, Revision, Deal, Allotment, FeeSchedule,
]  # fmt: skip


def desk(role: str | None = None) -> Client:
    """Return a signed-in operator's client: in this role, or with everything."""
    return at_the_desk(make_operator(role))


def path(model: Any, view: str = "changelist", *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{view}", args=args)


def act(client: Client, row: Any, action: str, **answers: object) -> Any:
    """Do what the confirmation page's form does."""
    form = {"action": action, "_selected_action": str(row.pk)} | confirmed(answers)
    return client.post(path(type(row)), form, follow=True)


def told(answer: Any) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


@pytest.mark.parametrize("model", MODELS)
def test_every_row_can_be_listed_and_read_and_none_be_written(model: Any) -> None:
    campaign = make_campaign(seats=3)
    take(campaign, uuid4())
    make_staff(campaign.merchant)
    client = desk()

    assert client.get(path(model)).status_code == 200
    assert client.get(path(model), {"q": "x"}).status_code == 200
    for row in model.objects.all()[:1]:
        page = path(model, "change", row.pk)
        assert client.get(page).status_code == 200
        assert client.post(page, {"status": "CLOSED"}).status_code == 403
        assert client.post(path(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert client.get(path(model, "add")).status_code == 403
    assert "delete_selected" not in admin.site._registry[model].get_actions(
        client.get("/admin/").wsgi_request
    )


def test_a_top_up_asks_first_and_then_credits_the_wallet() -> None:
    merchant, client = make_merchant(), desk("finance")

    page = act(client, merchant, "top_up")
    assert b'name="amount"' in page.content
    assert b'name="reference"' in page.content
    assert b'name="reason"' in page.content
    assert b"0.00 now" in page.content
    done = act(
        client, merchant, "top_up", amount="5000.50", reference="UTR9", reason="transfer",
        confirmed="yes",
    )  # fmt: skip

    assert done.status_code == 200
    assert "done, ₹5,000.50" in told(done)
    assert ledger.balance_paise(code=codes.merchant_wallet(merchant.pk)) == 5_000_50
    event = AuditEvent.objects.get(action="merchant.topped-up")
    assert isinstance(event.actor_id, UUID)


def test_an_amount_moves_when_it_was_confirmed_as_it_reads() -> None:
    merchant, client = make_merchant(), desk("finance")
    answers = {"amount": "50000", "reference": "UTR9", "reason": "transfer", "confirmed": "yes"}

    for read_back in ("", "₹5,000.00"):
        asked = act(client, merchant, "top_up", **answers, read_back=read_back)
        assert "This moves <strong>₹50,000.00</strong>" in asked.content.decode()
        assert ledger.balance_paise(code=codes.merchant_wallet(merchant.pk)) == 0
    act(client, merchant, "top_up", **answers, read_back="₹50,000.00")
    assert ledger.balance_paise(code=codes.merchant_wallet(merchant.pk)) == 50_000_00


def test_a_top_up_that_is_refused_is_reported_and_moves_nothing() -> None:
    merchant, client = make_merchant(), desk("finance")
    answers = {"amount": "10", "reference": "UTR9", "reason": "transfer", "confirmed": "yes"}
    act(client, merchant, "top_up", **answers)

    again = act(client, merchant, "top_up", **answers)
    wrong = act(client, merchant, "top_up", **(answers | {"amount": "1.234", "reason": ""}))

    assert "done" not in told(again)
    assert b"errorlist" in wrong.content
    assert ledger.balance_paise(code=codes.merchant_wallet(merchant.pk)) == 10_00


def test_a_zones_reserve_is_funded_by_whoever_may_top_up() -> None:
    zone = make_merchant().zone
    reserve = codes.zone_account(zone.pk, "reserve")
    answers = {"amount": "500", "reference": "UTR7", "reason": "debts", "confirmed": "yes"}

    act(desk("reviewer"), zone, "fund_reserve", **answers)
    assert ledger.balance_paise(code=reserve) == 0
    done = act(desk("finance"), zone, "fund_reserve", **answers)

    assert "done" in told(done)
    assert ledger.balance_paise(code=reserve) == 500_00


def test_an_operator_without_the_right_does_not_top_up() -> None:
    merchant, client = make_merchant(), desk("reviewer")

    act(client, merchant, "top_up", amount="10", reference="UTR9", reason="x", confirmed="yes")

    assert ledger.balance_paise(code=codes.merchant_wallet(merchant.pk)) == 0


@pytest.mark.parametrize(
    ("action", "status"), [("suspend_selected", "SUSPENDED"), ("activate_selected", "ACTIVE")]
)
def test_a_merchants_status_is_set_with_a_reason(action: str, status: str) -> None:
    merchant = make_merchant(active=status == "SUSPENDED")
    client = desk("reviewer")

    assert b"errorlist" in act(client, merchant, action, reason="", confirmed="yes").content
    act(client, merchant, action, reason="because", confirmed="yes")

    merchant.refresh_from_db()
    assert merchant.status == status


def test_a_wallet_is_frozen_and_unfrozen() -> None:
    merchant, client = make_merchant(), desk("finance")
    purse = codes.merchant_wallet(merchant.pk)

    act(client, merchant, "freeze_selected", reason="odd", confirmed="yes")
    assert ledger.is_frozen(code=purse)
    act(client, merchant, "unfreeze_selected", reason="cleared", confirmed="yes")
    assert not ledger.is_frozen(code=purse)


def test_zones_outlets_and_staff_are_acted_on() -> None:
    merchant = make_merchant()
    outlet = make_outlet(merchant)
    staff = Staff.objects.get(user_id=make_staff(merchant, Staff.Role.SCANNER))
    client = desk()

    for row, action in (
        (merchant.zone, "pause_selected"),
        (outlet, "pause_selected"),
        (staff, "dismiss_selected"),
    ):
        assert "done" in told(act(client, row, action, reason="because", confirmed="yes"))

    for row in (merchant.zone, outlet, staff):
        row.refresh_from_db()
    assert merchant.zone.bookings_paused_at is not None
    assert (outlet.status, staff.is_active) == ("PAUSED", False)
    act(client, merchant.zone, "resume_selected", reason="because", confirmed="yes")
    act(client, outlet, "open_selected", reason="because", confirmed="yes")
    act(client, outlet, "close_selected", reason="because", confirmed="yes")
    outlet.refresh_from_db()
    assert outlet.status == "CLOSED"


def test_a_campaign_in_review_shows_what_changed_and_is_decided() -> None:
    campaign = make_campaign(cap_paise=600_00)
    client = desk("reviewer")

    page = act(client, campaign, "approve_selected")
    assert b"cap: <del>" in page.content
    assert "done" in told(
        act(client, campaign, "reject_selected", reason="unclear", confirmed="yes")
    )
    campaign.refresh_from_db()
    assert campaign.state == "DRAFT"
    silent = act(client, campaign, "approve_selected", reason="", confirmed="yes")
    assert b"errorlist" in silent.content
    refused = act(client, campaign, "approve_selected", reason="fine", confirmed="yes")
    assert "cannot become active" in told(refused)


@pytest.mark.parametrize(
    ("first", "then", "states"),
    [
        ("pause_selected", "resume_selected", ("PAUSED", "ACTIVE")),
        ("suspend_selected", "lift_selected", ("SUSPENDED", "ACTIVE")),
        ("end_selected", "end_selected", ("ENDED", "ENDED")),
    ],
)
def test_an_operator_moves_a_campaign(first: str, then: str, states: tuple[str, str]) -> None:
    campaign, client = make_campaign(), desk("city_manager")

    for action, state in zip((first, then), states, strict=True):
        act(client, campaign, action, reason="because", kind="other", confirmed="yes")
        campaign.refresh_from_db()
        assert campaign.state == state


def test_new_fees_stand_beside_the_old_ones() -> None:
    make_campaign()
    fees, client = FeeSchedule.objects.get(), desk("administrator")

    act(
        client,
        fees,
        "replace_selected",
        cpt="25.50",
        cpa="0",
        gst="18",
        boost="600",
        slots="2",
        reason="new year",
        confirmed="yes",
    )

    newest = FeeSchedule.objects.latest("effective_from")
    assert FeeSchedule.objects.count() == 2
    assert (newest.cpt_fee_paise, newest.cpa_fee_paise, newest.gst_bps) == (25_50, 0, 1800)
    assert (newest.boost_week_paise, newest.boost_slots) == (600_00, 2)
