"""A town with an object of every kind on either side of each border, and everybody signed in."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.campaigns import services as campaigns
from apps.gamification import services as gamification
from apps.gamification.models import Award
from apps.handshake import cards
from apps.handshake.models import Handshake
from apps.merchants import services as merchants
from apps.merchants.duties import SCOPES
from apps.merchants.models import ApiKey, Merchant, Outlet, Staff
from apps.merchants.selectors import StaffScope
from apps.ondc.models import Issue
from apps.ondc.voice import voice
from apps.payments import services as payments
from apps.payments.models import Seller
from apps.rides import services as rides
from apps.rides.models import Booking
from tests.accounts.making import make_operator
from tests.accounts.signing_in import sign_in
from tests.contract.policy.actors import ACTORS
from tests.factories import (
    MANIPAL,
    Shop,
    code_of,
    keyring,
    make_booking,
    make_campaign,
    make_outlet,
    make_rider,
    make_shop,
    make_staff,
)
from tests.gamification.making import count, make_appeal, make_mission, make_strike
from tests.handshake.visiting import visit
from tests.merchants.applying import EAST, apply, draw_zones, gstin, outlet
from tests.notifications.making import make_device
from tests.ondc import ours
from tests.payments.paying_out import OPERATOR, checked_account, give
from tests.payments.trading import make_paid_top_up, make_seller
from uma.kernel.http.authentication import issue_access_token
from uma.kernel.ids import new_id

BEYOND_STANDING_LIMITS_PAISE = 600_00


@dataclass(frozen=True)
class Shown:
    """What the rider's phone shows: another code each half minute, so it is asked for when sent."""

    booking: Booking

    def __str__(self) -> str:
        return code_of(self.booking, at=datetime.now(UTC))


@dataclass(frozen=True)
class Card:
    """The code with which a rider checks in, good for a minute, so it is asked for when sent."""

    rider_id: UUID

    def __str__(self) -> str:
        return cards.card(person_id=self.rider_id, keys=keyring(), now=datetime.now(UTC)).text


@dataclass
class Scene:
    """
    Whose objects are whose: `own` belongs to rider, merchant A and its zone, `foreign` to the others.

    Both name objects as the parameters of the paths do; a row may ask for another by name.
    """

    own: dict[str, Any] = field(default_factory=dict)  # Any: ids, and what bodies are made of
    foreign: dict[str, Any] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    ended: set[UUID] = field(default_factory=set)

    def headers(self, actor: str) -> dict[str, str]:
        token = self.tokens.get(actor)
        return {"Authorization": f"Bearer {token}"} if token else {}


def make_scene() -> Scene:
    now = datetime.now(UTC)
    scene = Scene()
    draw_zones()
    here, next_door = make_shop("Corner Café", now=now), make_shop("Next door", now=now)
    elsewhere = make_outlet(here.merchant, "Beach Road", now=now)
    rider, other = (
        rides.register_rider(zone_code="MNP", display_name="Neha", phone=phone, now=now)
        for phone in ("+919812345601", "+919812345602")
    )
    for side, shop, who in ((scene.own, here, rider), (scene.foreign, next_door, other)):
        side.update(_objects(shop, who, now=now))
    for side, place, serial in ((scene.own, MANIPAL, 1), (scene.foreign, EAST, 2)):
        applied = apply(gstin=gstin(serial), outlets=(outlet(location=place),))
        side["merchant_id"] = applied.pk
    scene.own["outlet_elsewhere"] = elsewhere.pk
    _sign_in(scene, here, next_door, elsewhere, rider=rider, other=other, now=now)
    return scene


def _objects(shop: Shop, rider: User, *, now: datetime) -> dict[str, Any]:  # Any: as in Scene
    merchant = shop.merchant
    handshake = visit(shop, rider, now=now)
    second = make_outlet(merchant, "Second", now=now)
    other_campaign = make_campaign(merchant, outlet_ids=(second.pk,), now=now)
    booking = make_booking(shop, rider, campaign_id=other_campaign.pk, now=now)
    colleague = make_staff(merchant, Staff.Role.SCANNER, now=now)
    return {
        "rider_id": rider.pk,
        "merchant": merchant.pk,
        "outlet_id": shop.outlet.pk,
        "second_outlet": second.pk,
        "campaign_id": shop.campaign.pk,
        "other_campaign": other_campaign.pk,
        "in_stock": make_campaign(
            merchant, outlet_ids=(make_outlet(merchant, "Third", now=now).pk,), now=now
        ).pk,
        "draft": make_campaign(merchant, submit=False, outlet_ids=(shop.outlet.pk,), now=now).pk,
        "in_review": make_campaign(
            merchant,
            cap_paise=BEYOND_STANDING_LIMITS_PAISE,
            outlet_ids=(shop.outlet.pk,),
            now=now,
        ).pk,
        "paused": _paused(merchant, shop.outlet, now=now),
        "booking_id": booking.pk,
        "handshake_id": handshake.pk,
        "code": Shown(make_booking(shop, make_rider(now=now), now=now)),
        "card": Card(make_rider(now=now).pk),
        "endpoint_id": _endpoint(merchant.pk, now=now),
        "key_id": _key(merchant.pk, ["profile:read"], now=now)[0],
        "staff_id": Staff.objects.get(user_id=colleague).pk,
        "invitation_id": _invite(shop, rider, now=now),
        "top_up_id": payments.begin_top_up(
            merchant_id=merchant.pk, amount_paise=500_00, actor_id=shop.owner_id, key=None, now=now
        ).top_up.pk,
        "paid_top_up": make_paid_top_up(merchant, now=now),
        "document_id": _receipt(merchant, now=now),
        "fund_account_id": payments.add_fund_account(
            person_id=rider.pk,
            holder_name="Neha Rao",
            account_number="",
            ifsc="",
            vpa=f"{uuid4().hex[:12]}@upi",
            now=now,
            address=None,
        ).pk,
        **_paid_out(shop, rider, now=now),
        "export_id": accounts.request_export(person_id=rider.pk, now=now).pk,
        "mission_id": make_mission(now=now).pk,
        "joined_mission": _joined(rider, now=now),
        "award_id": _award(rider, handshake, now=now),
        "strike_id": make_strike(rider.pk, now=now).pk,
        "appeal_id": make_appeal(rider.pk, now=now).pk,
        "session_id": sign_in(rider.pk, now=now, device_id="tablet").session_id,
        "device_id": make_device(rider.pk, at=now).pk,
        **_journey(rider.pk),
    }


def _journey(rider_id: UUID) -> dict[str, Any]:  # Any: as in Scene
    """A search with an offer, which the rider has chosen."""
    uri = "http://127.0.0.1:9/cabs"
    said, which = ours.selected(rider_id, voice(), uri=uri, now=datetime.now(UTC))
    assert said.order is not None
    order = {"transactionId": str(which.transaction_id), "bppId": which.bpp_id}
    ids = {"itemId": said.order.item_id, "fulfillmentId": said.order.fulfillment_id}
    now = datetime.now(UTC)
    issue = Issue.objects.create(
        order=said.order, version="2.0.0", category="FULFILLMENT", code="FLM112", respond_by=now,
        resolve_by=now, created_at=now, changed_at=now,
    )  # fmt: skip
    return {
        "order_id": said.order.pk,
        "issue_id": issue.pk,
        "transaction_id": which.transaction_id,
        "order": order,
        "offer": {**order, **ids, "bppUri": uri},
    }


def _paid_out(shop: Shop, rider: User, *, now: datetime) -> dict[str, Any]:  # Any: as in Scene
    """Return a payout of the rider's and one of the shop's, and the accounts they go to."""
    long_ago = now - timedelta(days=60)
    give(rider, 1_000_00, now=long_ago)
    payments.set_kyc_level(
        person_id=rider.pk, level=1, actor_id=OPERATOR, reason="PAN seen", now=long_ago
    )
    mine = checked_account(
        now=long_ago, person_id=rider.pk, holder_name="Neha Rao", vpa=f"{uuid4().hex[:12]}@upi"
    )
    owner: dict[str, Any] = {"merchant_id": shop.merchant.pk, "actor_id": shop.owner_id}  # Any: ids
    number = f"{uuid4().int % 10**12:012d}"
    theirs = checked_account(
        now=long_ago, holder_name="A shop", ifsc="SBIN0001234", account_number=number, **owner
    )
    asked: dict[str, Any] = {"amount_paise": 100_00, "key": None, "now": now}  # Any: arguments
    return {
        "payable_account": mine.pk,
        "merchant_account": theirs.pk,
        "payout_id": payments.request_withdrawal(
            person_id=rider.pk, fund_account_id=mine.pk, **asked
        ).payout.pk,
        "refund": payments.request_refund(fund_account_id=theirs.pk, **owner, **asked).payout.pk,
    }


def _joined(rider: User, *, now: datetime) -> UUID:
    mission = make_mission(now=now)
    gamification.join_mission(mission_id=mission.pk, rider_id=rider.pk, now=now)
    return mission.pk


def _award(rider: User, handshake: Handshake, *, now: datetime) -> UUID:
    """Let the rider's visit be counted; the first one is a badge."""
    count(handshake)
    gamification.settle_rider(rider_id=rider.pk, now=now)
    return Award.objects.get(rider_id=rider.pk, badge="first_timer").pk


def _receipt(merchant: Merchant, *, now: datetime) -> UUID:
    """Issue a document that both the merchant and a list of invoices know."""
    if not Seller.objects.filter(zone=merchant.zone).exists():
        make_seller(merchant.zone_id, since=now)
    top_up_id = make_paid_top_up(merchant, now=now)
    return payments.issue_receipt(merchant_id=merchant.pk, top_up_id=top_up_id, now=now).document.pk


def _invite(shop: Shop, rider: User, *, now: datetime) -> UUID:
    """Offer the rider a post at the shop."""
    by = StaffScope(shop.merchant.pk, "OWNER", (), shop.owner_id)
    invited = merchants.invite(
        by=by, phone=rider.phone, role=Staff.Role.SCANNER, outlet_ids=(), now=now
    )
    return invited.invitation.pk


def _paused(merchant: Merchant, outlet: Outlet, *, now: datetime) -> UUID:
    campaign = make_campaign(merchant, outlet_ids=(outlet.pk,), now=now)
    campaigns.pause(campaign_id=campaign.pk, merchant_id=merchant.pk, actor_id=None, now=now)
    return campaign.pk


def _endpoint(merchant_id: UUID, *, now: datetime) -> UUID:
    added = merchants.add_webhook(
        merchant_id=merchant_id, url=f"https://{uuid4()}.example.in/", events=["handshake.success"],
        private=False, actor_id=uuid4(), now=now,
    )  # fmt: skip
    return added.row.pk


def _key(merchant_id: UUID, scopes: list[str], *, now: datetime) -> tuple[UUID, str]:
    issued = merchants.create_api_key(
        merchant_id=merchant_id, name="Till", scopes=scopes, outlet_ids=[], expires_at=None,
        environment="test", actor_id=uuid4(), now=now,
    )  # fmt: skip
    return issued.row.pk, issued.text


def _sign_in(
    scene: Scene,
    here: Shop,
    next_door: Shop,
    elsewhere: Outlet,
    *,
    rider: User,
    other: User,
    now: datetime,
) -> None:
    def post(role: str, *outlet_ids: UUID) -> UUID:
        return make_staff(here.merchant, role, outlet_ids=outlet_ids, now=now)

    suspended, closed = make_rider("suspended", now=now), make_rider("closed", now=now)
    accounts.suspend(
        rider_id=suspended.pk, until=now + timedelta(days=1), actor_id=None, reason="x", now=now
    )
    User.objects.filter(pk=closed.pk).update(status=User.Status.CLOSED)
    people = {
        "rider": (rider.pk, "rider"),
        "other_rider": (other.pk, "rider"),
        "suspended_rider": (suspended.pk, "rider"),
        "closed_rider": (closed.pk, "rider"),
        "owner": (here.owner_id, "merchant"),
        "manager": (post(Staff.Role.MANAGER), "merchant"),
        "scanner": (post(Staff.Role.SCANNER, here.outlet.pk), "merchant"),
        "accountant": (post(Staff.Role.ACCOUNTANT), "merchant"),
        "manager_elsewhere": (post(Staff.Role.MANAGER, elsewhere.pk), "merchant"),
        "scanner_elsewhere": (post(Staff.Role.SCANNER, elsewhere.pk), "merchant"),
        "no_staff": (make_rider("visitor", now=now).pk, "merchant"),
        "other_owner": (next_door.owner_id, "merchant"),
        "operator": (make_operator("city_manager", "MNP").pk, "operator"),
        "operator_elsewhere": (make_operator("city_manager", "BLR").pk, "operator"),
        "operator_support": (make_operator("support", "MNP").pk, "operator"),
    }
    for actor, (user_id, role) in people.items():
        scene.tokens[actor] = issue_access_token(
            user_id=user_id, role=role, session_id=new_id(), now=now
        )
    ended = new_id()
    scene.ended.add(ended)
    owner = people["owner"][0]
    scene.tokens["revoked"] = issue_access_token(
        user_id=owner, role="merchant", session_id=ended, now=now
    )
    scene.tokens["expired"] = issue_access_token(
        user_id=owner, role="merchant", session_id=new_id(), now=now - timedelta(hours=1)
    )
    for actor, merchant_id, scopes in (
        ("key", here.merchant.pk, list(SCOPES)),
        ("other_key", next_door.merchant.pk, list(SCOPES)),
    ):
        scene.tokens[actor] = _key(merchant_id, scopes, now=now)[1]
    scene.tokens["weak_key"] = _weak_key(here.merchant.pk, now=now)
    assert set(scene.tokens) | {"stranger"} == set(ACTORS)


def _weak_key(merchant_id: UUID, *, now: datetime) -> str:
    """Return a key with a scope that no route asks for any more."""
    key_id, text = _key(merchant_id, ["profile:read"], now=now)
    ApiKey.objects.filter(pk=key_id).update(scopes=["withdrawn:scope"])
    return text
