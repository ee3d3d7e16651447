"""
The desk as each role finds it: role, model, view and act, in the role's zone and in another.

The tables here are written by hand, beside those of the product and not from them.
"""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from apps.merchants.models import ApiKey, Merchant, Zone
from apps.wallet import codes
from apps.wallet import selectors as ledger
from tests.accounts.cities import MODELS, City, make_city
from tests.accounts.making import at_the_desk, confirmed, give_role, make_operator
from uma.kernel.desk import EVERYWHERE, ReadOnlyAdmin

pytestmark = pytest.mark.django_db

CITY = "merchants.Zone campaigns.FeeSchedule merchants.PlanFeature merchants.PlanPrice"
BUSINESSES = (
    "merchants.Merchant merchants.Outlet merchants.Staff merchants.FirstVisit merchants.ApiKey"
    " merchants.Application merchants.Invitation merchants.AgreedPrice merchants.Subscription"
)
OFFERS = (
    "campaigns.Campaign campaigns.Revision campaigns.Deal campaigns.Allotment"
    " campaigns.Boost campaigns.BoostSlot campaigns.BoostTile"
)
VISITS = (
    "rides.Booking rides.Fare rides.RideFailure rides.DropOff"
    " handshake.Handshake handshake.Reversal handshake.Dispute handshake.CheckIn"
    " gamification.Visit gamification.NoShow gamification.Strike gamification.StrikePolicy"
    " gamification.Restriction gamification.Appeal gamification.ForceMajeure"
    " gamification.Award gamification.Mission gamification.MissionRun gamification.ProvenOrder"
    " gamification.LeaderboardName"
)
RIDES = (
    "ondc.Transaction ondc.Question ondc.SearchAnswer ondc.Offer ondc.RideOrder ondc.Quote"
    " ondc.OutboundMessage ondc.Issue ondc.IssueAct ondc.CatalogueRefresh ondc.CatalogueAnswer"
    " ondc.Station ondc.TicketTrip ondc.Ticket"
)
FIGURES = (
    "analytics.Hour analytics.Cohort analytics.Progress analytics.Experiment rides.RefusedBookings"
)
RISK = (
    "analytics.RiskCase analytics.RiskSignal analytics.Assessment analytics.RiskTable rides.Watch"
)
PEOPLE = (
    "accounts.User accounts.Session accounts.KnownDevice accounts.PayoutCooling"
    " notifications.InboxMessage notifications.Device notifications.Preference payments.FundAccount"
    " payments.KycLevel payments.AccountValidation"
)
LEDGER = (
    "payments.Document payments.Seller payments.InvoiceRun "
    "merchants.SubscriptionCharge merchants.SubscriptionRefund "
    "payments.Payout payments.PayoutTransition payments.TopUp payments.Payment wallet.Account wallet.Journal"
    " payments.PaymentDispute payments.BalanceRule payments.AutoTopUp"
    " payments.Prepayment payments.PrepaymentRefund payments.DormantWallet payments.Adjustment"
    " wallet.Transfer wallet.Hold wallet.AccountKind wallet.PostingRule"
    " gamification.PromoPool gamification.Reward ondc.Settlement"
    " ondc.SettlementLine ondc.Disagreement"
)
EXPORTS = "exports.Export exports.Schedule"
# What the technical side of sign-in keeps, seen by whoever runs a city.
SIGN_IN = "accounts.FirebaseIdentity accounts.RefreshToken"
MISSED = (
    "rides.SpokenCodeTries gamification.Reminder gamification.FailedScan gamification.Projection"
)
# Rows that lie across the zones: only for a role that holds in all of them.
PAYOUT_RULES = "payments.PayoutHalt payments.PayoutDowntime payments.WalletPolicy"
TREASURY = (
    "payments.Settlement payments.SettledLine payments.BankStatement payments.BankLine"
    " payments.ReconRun payments.ReconException payments.CustodyCheck handshake.BooksLook"
)
ACROSS = (
    f"{PAYOUT_RULES} {TREASURY}"
    f" accounts.AuditEvent accounts.ExchangedToken {MISSED}"
    " notifications.WebhookEndpoint notifications.WebhookDelivery jobs.JobRun jobs.Backup"
    " payments.GatewayEvent payments.Series ondc.InboundMessage ondc.Participant ondc.Circuit"
    " ondc.Dispatch ondc.SettlementRequest ondc.SellerRegistration"
)

SEES: dict[str, str] = {
    "support": f"{CITY} {BUSINESSES} {OFFERS} {VISITS} {RIDES} {PEOPLE}",
    "reviewer": f"{CITY} {BUSINESSES} {OFFERS}",
    "finance": f"{CITY} {BUSINESSES} {VISITS} {LEDGER} {EXPORTS} payments.FundAccount payments.KycLevel"
    " payments.AccountValidation",
    "analyst": f"{CITY} {BUSINESSES} {OFFERS} {VISITS} {FIGURES} {LEDGER} {EXPORTS} ondc.RideOrder",
    "city_manager": f"{CITY} {BUSINESSES} {OFFERS} {VISITS} {FIGURES} {RIDES} {PEOPLE} {LEDGER} {EXPORTS} {SIGN_IN}"
    f" {RISK}",
    "administrator": f"{CITY} {BUSINESSES} {OFFERS} {VISITS} {FIGURES} {RIDES} {PEOPLE} {LEDGER} {EXPORTS} {SIGN_IN}"
    f" {RISK} accounts.OperatorRole",
}
SEES_EVERYWHERE: dict[str, str] = {
    "support": MISSED,
    "reviewer": "",
    "analyst": f"{MISSED} payments.Series {PAYOUT_RULES}",
    "finance": f"{MISSED} payments.GatewayEvent payments.Series {PAYOUT_RULES} {TREASURY}"
    " ondc.SettlementRequest ondc.SellerRegistration",
    "city_manager": ACROSS,
    "administrator": ACROSS,
}
REVIEW = {"merchants.Merchant": "activate_selected suspend_selected"}
CAMPAIGN_REVIEW = "approve_selected reject_selected"
CAMPAIGN_STOP = "pause_selected resume_selected suspend_selected lift_selected end_selected"
MONEY = {
    "merchants.SubscriptionCharge": "refund_selected",
    "handshake.Handshake": "reverse_selected approve_selected",
    "handshake.Dispute": "for_rider for_merchant",
    "payments.Adjustment": "approve_selected refuse_selected",
}
JUDGING = {
    "gamification.Appeal": "uphold_selected reject_selected",
    "gamification.Strike": "overturn_selected",
}
GOVERNING = {
    "gamification.Restriction": "end_selected",
    "gamification.ForceMajeure": "withdraw_selected",
}
FILES = {"exports.Export": "cancel_selected", "exports.Schedule": "stop_selected"}
CARE = JUDGING | {
    "accounts.User": "reveal_phone view_as",
    "accounts.Session": "sign_out_selected",
    "rides.Booking": "void_selected",
    "notifications.InboxMessage": "push_again",
}
RUN = GOVERNING | {
    "analytics.RiskCase": "clear_selected confirm_selected take_back_selected",
    "merchants.Zone": "pause_selected resume_selected",
    "merchants.Outlet": "open_selected pause_selected close_selected",
    "merchants.Staff": "dismiss_selected",
    "merchants.ApiKey": "revoke_selected",
    "ondc.Transaction": "take_log",
    "campaigns.Campaign": f"{CAMPAIGN_REVIEW} {CAMPAIGN_STOP}",
    "ondc.CatalogueRefresh": "refresh_selected",
}
ACTS: dict[str, dict[str, str]] = {
    "support": CARE | {"merchants.Merchant": "view_as"},
    "reviewer": REVIEW
    | {"campaigns.Campaign": CAMPAIGN_REVIEW, "merchants.Staff": "dismiss_selected"},
    "analyst": FILES,
    "finance": MONEY
    | FILES
    | {
        "payments.PrepaymentRefund": "send_again_selected settle_selected",
        "payments.DormantWallet": "return_selected",
        "payments.Payout": "approve_selected reject_selected ask_again_selected halt_all",
        "payments.FundAccount": "verify_selected ask_bank_selected set_kyc_level",
        "payments.AccountValidation": "accept_selected refuse_selected",
        "merchants.Merchant": "top_up freeze_selected unfreeze_selected",
        "merchants.Zone": "fund_reserve",
        "gamification.PromoPool": "fund_selected",
        "gamification.Reward": "pay_selected",
        "ondc.Settlement": "settle_selected export_selected register_selected",
        "ondc.Disagreement": "decide_selected",
    },
    "city_manager": RUN
    | CARE
    | MONEY
    | FILES
    | {
        "payments.Payout": "halt_all",
        "payments.FundAccount": "verify_selected ask_bank_selected set_kyc_level",
        "payments.AccountValidation": "accept_selected refuse_selected",
        "merchants.Subscription": "end_selected",
        "campaigns.Boost": "stop_selected",
        "merchants.Merchant": "freeze_selected unfreeze_selected activate_selected suspend_selected"
        " view_as",
    },
    "administrator": RUN
    | CARE
    | REVIEW
    | FILES
    | {
        "payments.Payout": "halt_all",
        "campaigns.FeeSchedule": "replace_selected",
        "analytics.RiskTable": "change_selected",
        "gamification.StrikePolicy": "replace_selected",
        "merchants.PlanFeature": "set_selected",
        "merchants.PlanPrice": "replace_selected",
        "merchants.Merchant": "activate_selected suspend_selected agree_price view_as",
        "accounts.User": "grant_role reveal_phone forget_second_factor view_as",
        "accounts.OperatorRole": "revoke_selected",
    },
}
ROLES = sorted(SEES)


@pytest.fixture
def here() -> City:
    return make_city("MNP")


@pytest.fixture
def there(here: City) -> City:
    assert here.code == "MNP"
    return make_city("BLR")


def page(model: type[Model], view: str = "changelist", *args: Any) -> str:  # Any: a key
    # As the console does: a key such as pay_22… would be read as an escape.
    keys = [quote(arg) for arg in args]
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{view}", args=keys)


def site_of(model: type[Model]) -> ReadOnlyAdmin[Any]:  # Any: of whatever model
    site = admin.site._registry[model]
    assert isinstance(site, ReadOnlyAdmin)
    return site


def looked(client: Client, model: type[Model]) -> tuple[set[Any] | int, set[str]]:  # Any: keys
    """Return the keys of the rows that a list shows, or its refusal's status, and the acts offered."""
    answer = client.get(page(model))
    if answer.status_code != 200:
        return answer.status_code, set()
    form = answer.context["action_form"]
    acts = {name for name, _ in form.fields["action"].choices if name} if form else set()
    return set(answer.context["cl"].queryset.values_list("pk", flat=True)), acts


# Two cities take longer to make than one role takes to look at them: each test makes them once.
def desks(zone: str) -> Iterator[tuple[str, Client, type[Model]]]:
    """Seat an operator of each role, in a zone or in all, before the page of each model."""
    for role in ROLES:
        client = at_the_desk(make_operator(role, zone))
        for model in MODELS:
            yield role, client, model


def test_a_role_lists_the_rows_of_its_zone_and_is_offered_its_acts(here: City, there: City) -> None:
    for role, client, model in desks("MNP"):
        label, where = model._meta.label, f"{role}: {model._meta.label}"
        rows, acts = looked(client, model)
        if label not in SEES[role].split():
            assert rows == 403, where
            continue
        assert acts == set(ACTS[role].get(label, "").split()), where
        assert isinstance(rows, set), f"{where}: {rows}"
        if site_of(model).zone_path == EVERYWHERE:
            continue
        assert rows & there.rows[model] == set(), where
        if label == "wallet.Account":
            # A rider's or merchant's purse lies in no zone; only the zone's own accounts do.
            assert rows <= here.rows[model]
        else:
            assert rows >= here.rows[model], where


def test_a_role_that_holds_everywhere_lists_both_cities(here: City, there: City) -> None:
    for role, client, model in desks(""):
        where = f"{role}: {model._meta.label}"
        rows, _ = looked(client, model)
        if model._meta.label not in SEES[role].split() + SEES_EVERYWHERE[role].split():
            assert rows == 403, where
        else:
            assert isinstance(rows, set), where
            assert rows >= here.rows[model] | there.rows[model], where


def test_a_foreign_object_is_as_missing_as_one_that_never_was(here: City, there: City) -> None:
    for role, client, model in desks("MNP"):
        label, site = model._meta.label, site_of(model)
        if label not in SEES[role].split() or site.zone_path == EVERYWHERE:
            continue
        own, foreign = _one(here, model), _one(there, model)
        if own is not None and label != "wallet.Account":
            assert client.get(page(model, "change", own)).status_code == 200, f"{role}: {label}"
            assert client.get(page(model, "history", own)).status_code == 200, f"{role}: {label}"
        if foreign is not None:
            for view in ("change", "history", "delete"):
                away = client.get(page(model, view, foreign))
                missing = client.get(page(model, view, _nobodys(foreign)))
                assert away.status_code in {403, 404}, f"{role}: {label} {view}"
                assert (away.status_code, away.headers.get("Location")) == (
                    missing.status_code,
                    missing.headers.get("Location"),
                ), f"{role}: {label} {view}"


def _one(city: City, model: type[Model]) -> Any:  # Any: a key
    return next(iter(sorted(city.rows[model], key=str)), None)


def _nobodys(key: Any) -> object:  # Any: a key
    return {int: 987_654_321, str: "ZZZ"}.get(type(key), uuid4())


def test_nobody_writes_a_row_by_a_form(here: City) -> None:
    client = at_the_desk(make_operator())

    for model in MODELS:
        assert client.get(page(model, "add")).status_code == 403
        own = _one(here, model)
        if own is not None:
            changed = client.post(page(model, "change", own), {"name": "x"})
            deleted = client.post(page(model, "delete", own), {"post": "yes"})
            assert (changed.status_code, deleted.status_code) == (403, 403), model._meta.label
    assert Merchant.objects.filter(pk=here.shop.merchant.pk).exists()


def post(client: Client, row: Model, action: str, **answers: object) -> None:
    form = {"action": action, "_selected_action": [str(row.pk)], "confirmed": "Yes", "reason": "x"}
    client.post(page(type(row)), form | confirmed(answers))


def test_an_act_on_a_foreign_row_does_nothing(here: City, there: City) -> None:
    manager = at_the_desk(make_operator("city_manager", "MNP"))
    foreign = ApiKey.objects.get(merchant=there.shop.merchant)
    own = ApiKey.objects.get(merchant=here.shop.merchant)

    for row in (foreign, own, Zone.objects.get(code="BLR"), Zone.objects.get(code="MNP")):
        post(manager, row, "revoke_selected" if isinstance(row, ApiKey) else "pause_selected")

    foreign.refresh_from_db()
    own.refresh_from_db()
    assert (foreign.revoked_at, own.revoked_at is None) == (None, False)
    assert Zone.objects.get(code="BLR").bookings_paused_at is None
    assert Zone.objects.get(code="MNP").bookings_paused_at is not None


def test_what_is_seen_in_two_zones_is_acted_on_only_where_the_act_is_allowed(
    here: City, there: City
) -> None:
    """Sees both cities, and moves money in one."""
    user = make_operator("support")
    give_role(user.pk, "finance", "MNP")
    client = at_the_desk(user)

    for city in (here, there):
        before = ledger.balance_paise(code=codes.merchant_wallet(city.shop.merchant.pk))
        post(client, city.shop.merchant, "top_up", amount="10", reference=f"utr-{city.code}")
        after = ledger.balance_paise(code=codes.merchant_wallet(city.shop.merchant.pk))
        assert after - before == (10_00 if city is here else 0)


def test_an_act_that_the_role_has_not_is_no_act(here: City) -> None:
    post(at_the_desk(make_operator("support", "MNP")), ApiKey.objects.get(), "revoke_selected")

    assert ApiKey.objects.get(merchant=here.shop.merchant).revoked_at is None


def test_a_role_that_was_taken_away_opens_nothing_more(here: City) -> None:
    user = make_operator("support", "MNP")
    client = at_the_desk(user)
    before = client.get(page(Merchant)).status_code

    user.operator_roles.update(revoked_at=user.operator_roles.get().granted_at)

    assert here.rows
    assert (before, client.get(page(Merchant)).status_code) == (200, 403)
