"""Every act of the desk leaves who, what, before and after, why and from where, on the object's own page."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django import Settings

from apps.accounts.models import AuditEvent, OperatorRole, Session, User
from apps.analytics.models import RiskCase, RiskTable
from apps.campaigns.models import Boost, Campaign, FeeSchedule
from apps.exports.models import Export, Schedule
from apps.gamification.models import (
    Appeal,
    ForceMajeure,
    PromoPool,
    Restriction,
    Reward,
    Strike,
    StrikePolicy,
)
from apps.handshake.models import Dispute, Handshake
from apps.merchants.models import (
    ApiKey,
    Merchant,
    Outlet,
    PlanFeature,
    PlanPrice,
    Staff,
    Subscription,
    SubscriptionCharge,
    Zone,
)
from apps.notifications import services as notifications
from apps.notifications.models import InboxMessage, WebhookDelivery
from apps.ondc.models import CatalogueRefresh, Disagreement, InboundMessage, Settlement
from apps.ondc.models import Transaction as Journey
from apps.payments.models import (
    AccountValidation,
    Adjustment,
    BankLine,
    DormantWallet,
    FundAccount,
    GatewayEvent,
    Payout,
    PayoutHalt,
    PrepaymentRefund,
    ReconException,
    SettledLine,
    WalletPolicy,
)
from apps.rides.models import Booking
from tests.accounts.cities import City, make_city
from tests.accounts.making import confirmed
from tests.accounts.preparing import sql
from tests.handshake.visiting import visit
from tests.ondc import ours
from uma.kernel.geo import Point

pytestmark = pytest.mark.django_db
REASON = "as agreed on the phone, ticket 4711"
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Act:
    """One act at the desk: on which row, in which state, and what it leaves on the trail."""

    model: type[Model]
    name: str
    event: str
    given: dict[str, str] = field(default_factory=dict)
    before: Callable[[object], None] | None = None
    where: dict[str, object] = field(default_factory=dict)
    reason: str = REASON


def with_an_authenticator(user_id: object) -> None:
    TOTPDevice.objects.create(user_id=user_id, confirmed=True)


IN_REVIEW = sql("UPDATE campaigns_campaign SET state = 'IN_REVIEW' WHERE id = %s")
# What the books say does not change: the money of a payout that waits is set aside in either state.
SCREENED = sql("UPDATE payments_payout SET state = 'SCREENING' WHERE id = %s")
NEARLY_FITS = sql(
    "UPDATE payments_accountvalidation SET state = 'CLOSE', asked_at = now(), ended_at = now(),"
    " next_look_at = NULL, razorpay_id = id::text WHERE id = %s"
)
WAITS: dict[str, object] = {"state": "WAITING"}
REFUSED: dict[str, object] = {"validations__accepted": False}
LIMITS = {
    "payout_min": "100", "payout_max": "2000", "payouts_a_day": "3", "credit_age_hours": "24",
    "dormant_months": "36", "dormant_warn_days": "60",
}  # fmt: skip
# In this order: what an act leaves behind is what the next one finds.
ACTS = [
    Act(Zone, "pause_selected", "zone.paused"),
    Act(Zone, "resume_selected", "zone.resumed"),
    Act(Zone, "fund_reserve", "zone.reserve-funded", {"amount": "1000", "reference": "UTR-1"}),
    Act(
        FeeSchedule,
        "replace_selected",
        "fees.set",
        {"cpt": "21", "cpa": "51", "gst": "18", "boost": "600", "slots": "4"},
    ),
    Act(Merchant, "top_up", "merchant.topped-up", {"amount": "500", "reference": "UTR-2"}),
    Act(Merchant, "freeze_selected", "merchant.wallet-frozen"),
    Act(Merchant, "unfreeze_selected", "merchant.wallet-unfrozen"),
    Act(Merchant, "suspend_selected", "merchant.suspended"),
    Act(Merchant, "activate_selected", "merchant.active"),
    Act(Boost, "stop_selected", "campaign.boost-stopped"),
    Act(Campaign, "pause_selected", "campaign.paused"),
    Act(Campaign, "resume_selected", "campaign.resumed", reason=""),
    Act(Campaign, "suspend_selected", "campaign.suspended", {"kind": "other"}),
    Act(Campaign, "lift_selected", "campaign.lifted"),
    Act(Campaign, "reject_selected", "campaign.rejected", before=IN_REVIEW),
    Act(Campaign, "approve_selected", "campaign.approved", before=IN_REVIEW),
    Act(Campaign, "end_selected", "campaign.ended", reason=""),
    Act(Booking, "void_selected", "booking.voided", where={"state": "BOOKED"}),
    Act(Appeal, "reject_selected", "appeal.decided", where={"state": "OPEN"}),
    Act(Appeal, "uphold_selected", "appeal.decided", where={"state": "OPEN"}),
    Act(Strike, "overturn_selected", "strike.overturned", where={"overturned_at": None}),
    Act(Restriction, "end_selected", "restriction.ended"),
    Act(ForceMajeure, "withdraw_selected", "force-majeure.withdrawn"),
    Act(
        StrikePolicy,
        "replace_selected",
        "strike-policy.set",
        {"clears": "ALL", "limit": "3", "window_days": "90", "ladder_days": "7, 30"},
    ),
    Act(PromoPool, "fund_selected", "promo-pool.funded", {"amount": "500", "reference": "UTR-9"}),
    Act(Reward, "pay_selected", "reward.paid", where={"program": "badges-blr"}),
    Act(Handshake, "approve_selected", "handshake.review-approved", where={"review": True}),
    Act(RiskCase, "clear_selected", "risk-case.decided", where={"state": "OPEN"}),
    Act(RiskCase, "confirm_selected", "risk-case.decided", where={"state": "OPEN"}),
    Act(RiskCase, "take_back_selected", "risk-case.fraud-taken-back", where={"state": "CONFIRMED"}),
    Act(RiskTable, "change_selected", "risk-table.set", {"name": "pair_week", "number": "4"}),
    Act(Dispute, "for_rider", "dispute.decided", where={"state": "OPEN"}),
    Act(Dispute, "for_merchant", "dispute.decided", where={"state": "OPEN"}),
    Act(Handshake, "reverse_selected", "handshake.reversed", where={"reversals": None}),
    Act(
        InboxMessage,
        "push_again",
        "message.push-again",
        before=sql("UPDATE notifications_inboxmessage SET push_state = 'SKIPPED' WHERE id = %s"),
        reason="pushed again from the console",
    ),
    Act(
        WebhookDelivery,
        "replay_selected",
        "webhook-delivery.replayed",
        before=sql("UPDATE notifications_webhookdelivery SET state = 'FAILED' WHERE id = %s"),
    ),
    Act(
        GatewayEvent,
        "replay_selected",
        "gateway-event.replayed",
        before=sql("UPDATE payments_gatewayevent SET state = 'PARKED' WHERE id = %s"),
    ),
    Act(
        InboundMessage,
        "replay_selected",
        "inbound-message.replayed",
        before=sql("UPDATE ondc_inboundmessage SET state = 'PARKED' WHERE id = %s"),
    ),
    Act(Journey, "take_log", "ondc-journey.log-taken"),
    Act(Settlement, "export_selected", "ondc-settlement.exported"),
    Act(
        Settlement,
        "register_selected",
        "ondc-seller.registered",
        {"legal_name": "Seller Ltd", "gstin": "29AAACU1234A1ZW"},
    ),
    Act(Disagreement, "decide_selected", "ondc-disagreement.decided", {"decision": "CLOSE"}),
    Act(
        CatalogueRefresh,
        "refresh_selected",
        "catalogue.asked-again",
        before=sql("UPDATE ondc_cataloguerefresh SET closed_at = now() WHERE id = %s"),
    ),
    Act(
        Settlement,
        "settle_selected",
        "ondc-settlement.settled",
        {"amount": "2", "reference": "UTR-FEE"},
    ),
    Act(
        AccountValidation,
        "refuse_selected",
        "fund_account.refused",
        before=NEARLY_FITS,
        where=WAITS,
    ),
    Act(FundAccount, "ask_bank_selected", "fund_account.bank-asked", where=REFUSED),
    Act(
        AccountValidation,
        "accept_selected",
        "fund_account.verified",
        before=NEARLY_FITS,
        where=WAITS,
    ),
    Act(FundAccount, "verify_selected", "fund_account.verified", where={"verified_at": None}),
    Act(PrepaymentRefund, "send_again_selected", "prepayment-refund.sent-again"),
    Act(
        PrepaymentRefund,
        "settle_selected",
        "prepayment-refund.settled",
        {"reference": "UTR-BACK"},
        before=sql("UPDATE payments_prepaymentrefund SET state = 'STUCK' WHERE id = %s"),
    ),
    Act(
        FundAccount,
        "set_kyc_level",
        "person.kyc-level-set",
        {"level": "2"},
        where={"person__isnull": False},
    ),
    Act(Payout, "approve_selected", "payout.approved", before=SCREENED),
    Act(Payout, "reject_selected", "payout.rejected", before=SCREENED),
    Act(Payout, "ask_again_selected", "payout.asked-again"),
    Act(Payout, "halt_all", "payouts.halted"),
    Act(PayoutHalt, "resume_all", "payouts.resumed"),
    Act(Adjustment, "approve_selected", "adjustment.approved", where={"state": "PROPOSED"}),
    Act(Adjustment, "refuse_selected", "adjustment.refused", where={"state": "PROPOSED"}),
    Act(DormantWallet, "return_selected", "dormant-wallet.returned"),
    Act(WalletPolicy, "replace_selected", "wallet-policy.set", LIMITS),
    Act(SettledLine, "accept_fee", "settlement.fee-accepted"),
    Act(BankLine, "record_float", "float.funded", {"zone": "MNP", "amount": "900"}),
    Act(
        ReconException,
        "explain_selected",
        "recon-exception.explained",
        {"amount": "12.34"},
        where={"state": "OPEN"},
    ),
    Act(
        ReconException,
        "close_selected",
        "recon-exception.closed",
        {"amount": "12.34"},
        where={"state": "EXPLAINED"},
    ),
    Act(Outlet, "pause_selected", "outlet.paused"),
    Act(Outlet, "open_selected", "outlet.open"),
    Act(Outlet, "close_selected", "outlet.closed"),
    Act(ApiKey, "revoke_selected", "api-key.revoked"),
    Act(
        PlanFeature,
        "set_selected",
        "plan.feature-set",
        {"most": "30"},
        where={"plan": "PRO", "feature": "outlets"},
    ),
    Act(
        PlanPrice,
        "replace_selected",
        "plan.price-set",
        {"price": "1099", "from_day": "2040-01-01"},
        where={"plan": "PRO"},
    ),
    Act(Merchant, "view_as", "view-as.began"),
    Act(Merchant, "agree_price", "plan.price-agreed", {"price": "4999", "from_day": "2040-01-01"}),
    Act(SubscriptionCharge, "refund_selected", "plan.refunded", {"amount": "10"}),
    Act(Subscription, "end_selected", "plan.ended"),
    Act(
        Staff,
        "dismiss_selected",
        "staff.dismissed",
        before=sql("UPDATE merchants_staff SET role = 'MANAGER' WHERE id = %s"),
    ),
    Act(Session, "sign_out_selected", "session.revoked"),
    Act(User, "grant_role", "operator.role-granted", {"role": "support", "zone_code": "MNP"}),
    Act(OperatorRole, "revoke_selected", "operator.role-revoked"),
    Act(User, "reveal_phone", "person.phone-revealed"),
    Act(User, "view_as", "view-as.began"),
    Act(User, "forget_second_factor", "second-factor.forgotten", before=with_an_authenticator),
    Act(Export, "cancel_selected", "export.cancelled"),
    Act(Schedule, "stop_selected", "export-schedule.stopped"),
]


@pytest.fixture
def city() -> City:
    return make_city("MNP")


@pytest.fixture(autouse=True)
def on_a_network(settings: Settings) -> None:
    """Whoever has a catalogue asked for needs somebody to ask."""
    for name, value in ours.settings_for("http://127.0.0.1:9").items():
        setattr(settings, name, value)


@pytest.fixture
def operator() -> User:
    return User.objects.create_superuser(username="asha", password="p")


def path(model: type[Model], view: str, *args: Any) -> str:  # Any: keys of many types
    # A key of Razorpay's has an underscore, by which the console escapes.
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{view}"
    return reverse(name, args=[quote(arg) for arg in args])


def test_the_table_names_every_act_of_the_desk() -> None:
    offered = {
        (model, str(name))
        for model, site in admin.site._registry.items()
        for name in site.actions or ()
    }

    assert {(act.model, act.name) for act in ACTS} == offered


def _owe_an_event(whose: UUID) -> None:
    to, now = "https://shop.example/", timezone.now()
    notifications.add_endpoint(merchant_id=whose, url=to, events=["x"], secret="s", now=now)
    notifications.queue_webhook(merchant_id=whose, event_id=whose, type="x", payload={}, now=now)


def test_every_act_is_on_the_trail_and_on_the_page_of_its_object(
    client: Client, city: City, operator: User
) -> None:
    client.force_login(operator)
    other = make_city("BLR")
    # Scanned from afar, so that it waits for a review.
    far = visit(city.shop, now=timezone.now(), location=Point(13.4, 74.8))
    other.rows[Handshake].add(far.pk)
    _owe_an_event(city.shop.merchant.pk)
    missing: list[str] = []

    for act in ACTS:
        rows = act.model._default_manager.filter(**act.where)
        # What migrations write belongs to no city.
        if of_cities := city.rows[act.model] | other.rows[act.model]:
            rows = rows.filter(pk__in=of_cities)
        key = next(iter(rows.order_by("pk").values_list("pk", flat=True)), None)
        if key is None:
            missing.append(f"{act.model.__name__}.{act.name}: no such row")
            continue
        if act.before is not None:
            act.before(key)
        known = set(AuditEvent.objects.values_list("pk", flat=True))
        answer = client.post(
            path(act.model, "changelist"),
            {
                "action": act.name,
                "_selected_action": str(key),
                "confirmed": "yes",
                "reason": REASON,
                **confirmed(act.given),
            },
            headers={"X-Request-ID": "support-case-42"},
        )
        events = AuditEvent.objects.exclude(pk__in=known).filter(action=act.event)
        if not events:
            missing.append(f"{act.model.__name__}.{act.name}: {told(client, answer.status_code)}")
            continue
        event = events[0]
        page = client.get(path(act.model, "change", key)).content.decode()
        complete = {
            "actor": event.actor_id == operator.pk,
            "reason": event.reason == act.reason,
            "address": event.address == "127.0.0.1",
            "request": event.request_id == "support-case-42",
            "before and after": event.before != event.after,
            "on its page": act.event in page and ">asha</a>" in page,
        }
        missing += [f"{act.event}: {fact}" for fact, is_there in complete.items() if not is_there]

    assert not missing, "\n".join(missing)


def told(client: Client, status: int) -> str:
    said = client.get("/admin/").content.decode().partition('class="messagelist"')[2]
    return f"{status} {' '.join(said[:300].split())}"


def test_every_page_of_the_desk_has_a_trail(client: Client, city: City, operator: User) -> None:
    client.force_login(operator)

    for model, site in admin.site._registry.items():
        if not city.rows.get(model) or not model._meta.managed:
            continue
        key = min(city.rows[model], key=str)
        page = client.get(path(model, "change", key))
        assert page.status_code == 200, (model, site)
        assert 'id="trail"' in page.content.decode(), model
