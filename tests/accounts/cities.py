"""Two cities with a row of every kind in each, for whoever may see one and not the other."""

from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.apps import apps
from django.db.models import Model
from django.utils import timezone

from apps.accounts.models import User
from apps.analytics import experiments
from apps.analytics import services as analytics
from apps.campaigns import services as campaigns
from apps.campaigns.models import FeeSchedule
from apps.exports import services as exports
from apps.handshake import check_ins, disputes, reversals
from apps.merchants import services as merchants
from apps.merchants.selectors import StaffScope
from apps.notifications import services as notifications
from apps.ondc import services as ondc
from apps.ondc.models import (
    CatalogueAnswer,
    CatalogueRefresh,
    Disagreement,
    Dispatch,
    InboundMessage,
    Issue,
    IssueAct,
    Offer,
    SearchAnswer,
    Settlement,
    SettlementLine,
    SettlementRequest,
    Station,
    Ticket,
    TicketTrip,
)
from apps.payments import services as payments
from apps.payments.gateway import PaymentFacts
from apps.payments.models import TopUp
from apps.rides import services as rides
from apps.rides.services import Refusal
from tests.accounts import treasury
from tests.accounts.making import make_operator
from tests.accounts.signing_in import sign_in
from tests.analytics.suspecting import suspect
from tests.factories import (
    MANIPAL,
    Shop,
    make_booking,
    make_campaign,
    make_rider,
    make_shop,
    make_zone,
    set_fees,
)
from tests.gamification.making import fill_zone
from tests.handshake.visiting import tell_fare, visit
from tests.payments.dormant import set_aside_of_a_city
from tests.payments.paying_out import payouts_of_a_city
from tests.payments.prepaid import refused_refund_of
from tests.payments.trading import make_paid_top_up, make_seller

Rows = dict[type[Model], set[Any]]  # Any: keys of many types
MODELS = [
    model
    for model in apps.get_models()
    if model.__module__.startswith("apps.") and model._meta.managed
]


@dataclass(frozen=True)
class City:
    """A zone, its shop, and the keys of all rows that came with it."""

    code: str
    shop: Shop
    rows: Rows


def make_city(code: str) -> City:
    before = _keys()
    shop = _fill(code)
    rows = {model: keys - before[model] for model, keys in _keys().items()}
    # The factories of people know one zone; whoever works here lives here.
    User.objects.filter(pk__in=rows[User]).update(zone_code=code)
    return City(code, shop, rows)


def _keys() -> Rows:
    return {model: set(model._default_manager.values_list("pk", flat=True)) for model in MODELS}


def _fill(code: str) -> Shop:
    now = timezone.now()
    make_zone(code, now=now)
    if not FeeSchedule.objects.filter(zone_id=code).exists():
        set_fees(code)
    shop = make_shop(f"Café {code}", zone=code, seats=50, now=now)
    rider = make_rider(zone=code, now=now)
    contested = visit(shop, rider, now=now)
    disputes.open_dispute(
        handshake=contested, opened_by=rider.pk, opened_as="rider", reason="not me", now=now
    )
    undone = visit(shop, make_rider(zone=code, now=now), now=now)
    reversals.reverse(
        handshake_id=undone.pk, merchant_id=None, actor_id=uuid4(), amount_paise=None,
        reason="wrong table", key=None, now=now,
    )  # fmt: skip
    booking = make_booking(shop, make_rider(zone=code, now=now), now=now)
    tell_fare(booking, 100_00)
    fill_zone(
        code,
        rider_id=rider.pk,
        other_id=booking.rider_id,
        visit=contested,
        booking=booking,
        now=now,
    )
    merchants.create_api_key(
        merchant_id=shop.merchant.pk, name="Till", scopes=["profile:read"], outlet_ids=[],
        expires_at=None, environment="test", actor_id=shop.owner_id, now=now,
    )  # fmt: skip
    _billed(shop)
    _subscribed(shop)
    treasury.fill(shop, _topped_up(shop))
    campaigns.boost(
        campaign_id=shop.campaign.pk, merchant_id=shop.merchant.pk, actor_id=shop.owner_id,
        key=None, now=now,
    )  # fmt: skip
    payments.add_fund_account(person_id=rider.pk, holder_name="Rider", vpa="rider@upi", now=now)
    payouts_of_a_city(rider, code=code, now=now)
    set_aside_of_a_city(code, now=now)
    payments.propose_adjustment(
        adjustment_id=uuid4(), person_id=rider.pk, merchant_id=None, gives=True,
        amount_paise=600_00, actor_id=uuid4(), within=None, reason="waited an hour", now=now,
    )  # fmt: skip
    refused_refund_of(rider.pk, zone_code=code, now=now)
    _travel(rider.pk, code)
    check_ins.check_in(
        person_id=make_rider(zone=code, now=now).pk,
        staff=StaffScope(shop.merchant.pk, "OWNER", (), shop.owner_id),
        outlet_id=shop.outlet.pk,
        bill_paise=None,
        now=now,
    )
    refused = Refusal(shop.campaign.pk, shop.outlet.pk, "seats_exhausted", now, 1)
    rides.count_refused(refusals=[refused])
    make_campaign(shop.merchant, holdout_bps=10_00, outlet_ids=(shop.outlet.pk,), now=now)
    experiments.count_experiments(now=now + timedelta(days=100), limit=10)
    # Long enough for a cohort to be whole.
    analytics.count_days(now=now + timedelta(days=100), limit=10)
    suspect(code, rider_id=rider.pk, merchant_id=shop.merchant.pk, now=now)
    _tell(rider.pk)
    sign_in(rider.pk, now=now)
    make_operator("support", code)
    _taken_away(code)
    return shop


def _taken_away(code: str) -> None:
    analyst, now = make_operator("analyst", code), timezone.now()
    exports.request_export(
        dataset="handshakes",
        zone_code=code,
        since=None,
        until=None,
        filters={},
        person=analyst,
        now=now,
    )
    exports.start_schedule(
        dataset="bookings",
        zone_code=code,
        timezone="Asia/Kolkata",
        cadence="DAILY",
        person=analyst,
        now=now,
    )


def _subscribed(shop: Shop) -> None:
    now = timezone.now()
    bought = merchants.choose_plan(
        merchant_id=shop.merchant.pk, plan="PRO", actor_id=shop.owner_id, key=None, now=now
    )
    assert bought.charge is not None
    merchants.refund_charge(
        charge_id=bought.charge.pk, amount_paise=1_00, actor_id=uuid4(), reason="a day", now=now
    )
    merchants.agree_price(
        merchant_id=shop.merchant.pk, price_paise=5_000_00, effective_from=now, actor_id=uuid4(),
        reason="as agreed", now=now,
    )  # fmt: skip


def _topped_up(shop: Shop) -> str:
    now = timezone.now()
    begun = payments.begin_top_up(
        merchant_id=shop.merchant.pk, amount_paise=500_00, actor_id=shop.owner_id, key=None, now=now
    )
    order_id = f"order_{uuid4().hex[:14]}"
    TopUp.objects.filter(pk=begun.top_up.pk).update(order_id=order_id, state="OPEN")
    facts = PaymentFacts(
        f"pay_{uuid4().hex[:14]}", order_id, 500_00, "INR", "captured", "upi", 11_80, 1_80
    )
    assert payments.credit_payment(facts=facts, now=now) == "credited"
    body = b'{"event": "payment.captured"}'
    now = timezone.now()
    payments.receive_event(source="RAZORPAY", event_id=uuid4().hex[:14], raw=body, now=now)
    return facts.id


def _billed(shop: Shop) -> None:
    """Issue a receipt voucher, and bill a month in which nobody sold anything."""
    now = timezone.now()
    make_seller(shop.merchant.zone_id, since=now, series=shop.merchant.zone_id)
    top_up_id = make_paid_top_up(shop.merchant, now=now)
    payments.issue_receipt(merchant_id=shop.merchant.pk, top_up_id=top_up_id, now=now)
    long_ago = (now - timedelta(days=90)).date().replace(day=1)
    payments.bill_month(zone_code=shop.merchant.zone_id, month=long_ago, now=now)


def _travel(person_id: UUID, code: str) -> None:
    now = timezone.now()
    asked = ondc.open_search(
        rider_id=person_id, zone_code=code, domain="ONDC:TRV10", city="std:080",
        pickup=MANIPAL, drop=MANIPAL, now=now,
    )  # fmt: skip
    seller = "bpp.example"
    offer = Offer.objects.create(
        transaction=asked.transaction, key=uuid4().hex, bpp_id=seller, bpp_uri=f"https://{seller}",
        version="2.1.0", provider_id="P1", item_id="I1", price_paise=100_00, price_text="100",
        offered_at=now, valid_until=now + timedelta(minutes=5),
    )  # fmt: skip
    SearchAnswer.objects.create(transaction=asked.transaction, bpp_id=seller, answered_at=now)
    told = InboundMessage.objects.create(
        sender=seller, unique_key_id="k1", action="on_search", message_id=str(asked.message_id),
        transaction_text=str(asked.transaction_id), transaction=asked.transaction, question=asked,
        digest=uuid4().hex, header="Signature", raw="{}", next_attempt_at=now, received_at=now,
    )  # fmt: skip
    refresh = CatalogueRefresh.objects.create(
        zone_code=code, city="std:080", sale="RETAIL", kind="FULL", domain="ONDC:RET11", body="{}",
        digest=uuid4().hex, url="https://gateway.example/search", said_at=now,
        until=now + timedelta(seconds=30), next_attempt_at=now,
    )  # fmt: skip
    CatalogueAnswer.objects.create(
        refresh=refresh, inbound=told, bpp_id=seller, next_attempt_at=now, received_at=now
    )
    chosen = ondc.choose_offer(
        transaction_id=asked.transaction_id, rider_id=person_id, offer_id=offer.pk, now=now
    )
    due = Settlement.objects.create(
        order=chosen.order, zone_code=code, domain="ONDC:TRV10", bpp_id=f"{code}.{seller}",
        number="O1", collected_by="BPP", fare_paise=200_00, fee_bps=100, fee_paise=2_00, due_at=now,
    )  # fmt: skip
    ondc.book_fees(now=now)
    _reconcile(due)
    assert chosen.order is not None
    issue = Issue.objects.create(
        order=chosen.order, version="2.0.0", category="FULFILLMENT", code="FLM112", respond_by=now,
        resolve_by=now, created_at=now, changed_at=now,
    )  # fmt: skip
    IssueAct.objects.create(issue=issue, key="A1", by="RIDER", code="OPEN", at=now)
    Station.objects.create(
        key=uuid4().hex, city="std:080", zone_code=code, mode="METRO", bpp_id=seller, number=0,
        bpp_uri=f"https://{seller}", version="2.1.0", provider_id="P1", code="A", name="A",
        told_at=now,
    )  # fmt: skip
    TicketTrip.objects.create(transaction=asked.transaction, mode="METRO", bpp_id=seller)
    Ticket.objects.create(
        order=chosen.order, fulfillment_id="F1", position=0, kind="QR", token="T",
        status="UNCLAIMED", told_at=now,
    )  # fmt: skip
    Dispatch.objects.create(
        kind="MESSAGE", url="https://observer.example", body="{}", next_attempt_at=now, made_at=now
    )


def _reconcile(due: Settlement) -> None:
    now = timezone.now()
    sent = Dispatch.objects.create(
        kind="SETTLEMENT", party=due.bpp_id, url="https://x", body="{}", next_attempt_at=now, made_at=now
    )  # fmt: skip
    request = SettlementRequest.objects.create(
        dispatch=sent, action="RECON", party=due.bpp_id, seller=due.bpp_id, made_at=now,
        until=now + timedelta(days=1),
    )  # fmt: skip
    SettlementLine.objects.create(
        request=request, action="RECON", settlement=due, amount_paise=due.fee_paise
    )
    Disagreement.objects.create(
        kind="AMOUNT", settlement=due, zone_code=due.zone_code, party=due.bpp_id, number=due.number,
        ours_paise=due.fee_paise, theirs_paise=1_00, opened_at=now,
    )  # fmt: skip
    ondc.register_seller(
        settlement_id=due.pk, legal_name="Seller Ltd", gstin="29AAACU1234A1ZW", effective_from=now,
        actor_id=uuid4(), reason="papers", now=now,
    )  # fmt: skip


def _tell(person_id: UUID) -> None:
    now = timezone.now()
    notifications.register_device(
        person_id=person_id, platform="ANDROID", fcm_token="", fid=f"fid-{uuid4().hex}", now=now
    )
    notifications.choose_pushes(
        person_id=person_id, muted=["badge"], night_begins=time(23), night_ends=time(7), now=now
    )
    notifications.notify(
        person_id=person_id, kind="handshake", say=lambda: ("Hello", "A visit"), data={},
        dedupe_key=f"city:{uuid4()}", now=now,
    )  # fmt: skip
