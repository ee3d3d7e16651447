"""Every rule a scan can be refused by; a refusal changes nothing."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from apps.campaigns import services as campaigns
from apps.campaigns.lifecycle import SuspendedFor
from apps.handshake.errors import (
    AlreadyRedeemed,
    BookingExpired,
    CampaignSuspended,
    ScannerNotAllowed,
    ScannerNotAtOutlet,
    SelfRedemption,
    UnknownCode,
)
from apps.merchants import services as merchants
from apps.merchants.errors import MerchantNotActive
from apps.merchants.models import Staff
from apps.rides import qr
from apps.rides import services as rides
from apps.rides.errors import BookingNotLive, QrStale, QrUnreadable
from apps.rides.models import Booking
from apps.wallet.errors import WalletFrozen
from tests.factories import (
    NOON,
    Shop,
    code_of,
    keyring,
    make_booking,
    make_campaign,
    make_outlet,
    make_rider,
    make_shop,
    make_staff,
    request_key,
)
from tests.handshake.visiting import everything, execute, preview, visit
from uma.kernel.errors import DomainError
from uma.kernel.geo import Point
from uma.kernel.http.errors import IdempotencyKeyReused

pytestmark = pytest.mark.django_db
# What a scan of a wrong situation is done with: the scanner, the place, the code, the time.
Facts = dict[str, Any]


def by_accountant(shop: Shop, _: Booking) -> Facts:
    return {"actor_id": make_staff(shop.merchant, Staff.Role.ACCOUNTANT)}


def by_staff_of_another_outlet(shop: Shop, _: Booking) -> Facts:
    other = make_outlet(shop.merchant, "Second", at=Point(13.4, 74.8))
    scanner = make_staff(shop.merchant, Staff.Role.SCANNER, outlet_ids=(other.pk,))
    return {"actor_id": scanner}


def for_another_outlet(shop: Shop, _: Booking) -> Facts:
    other = make_outlet(shop.merchant, "Second", at=Point(13.4, 74.8))
    return {"actor_id": shop.owner_id, "outlet_id": other.pk}


def by_a_competitor(_: Shop, __: Booking) -> Facts:
    return {"actor_id": make_shop("Next door").owner_id}


def by_nobody_of_a_merchant(_: Shop, __: Booking) -> Facts:
    return {"actor_id": make_rider("stranger").pk}


def by_somebody_dismissed(shop: Shop, _: Booking) -> Facts:
    staff = Staff.objects.get(user_id=shop.owner_id)
    make_staff(shop.merchant)
    merchants.dismiss_staff(staff_id=staff.pk, actor_id=None, reason="left", now=NOON)
    return {"actor_id": shop.owner_id}


def of_a_colleague(shop: Shop, booking: Booking) -> Facts:
    merchants.add_staff(
        merchant_id=shop.merchant.pk, user_id=booking.rider_id, role=Staff.Role.SCANNER, now=NOON
    )
    return {"actor_id": shop.owner_id}


def at_its_expiry(shop: Shop, booking: Booking) -> Facts:
    return {"actor_id": shop.owner_id, "now": booking.expires_at}


def after_its_expiry_was_noted(shop: Shop, booking: Booking) -> Facts:
    rides.expire_overdue(now=booking.expires_at, limit=10)
    return {"actor_id": shop.owner_id, "now": booking.expires_at}


def after_cancelling(shop: Shop, booking: Booking) -> Facts:
    rides.cancel(booking_id=booking.pk, rider_id=booking.rider_id, now=NOON)
    return {"actor_id": shop.owner_id}


def after_voiding(shop: Shop, booking: Booking) -> Facts:
    rides.void(booking_id=booking.pk, actor_id=shop.owner_id, reason="flooded", now=NOON)
    return {"actor_id": shop.owner_id}


def with_an_old_code(shop: Shop, booking: Booking) -> Facts:
    later = NOON + timedelta(seconds=30)
    return {"actor_id": shop.owner_id, "text": code_of(booking, at=NOON), "now": later}


def with_a_code_of_the_future(shop: Shop, booking: Booking) -> Facts:
    later = NOON + timedelta(seconds=15)
    return {"actor_id": shop.owner_id, "text": code_of(booking, at=later)}


def of_a_suspended_merchant(shop: Shop, _: Booking) -> Facts:
    merchants.suspend(merchant_id=shop.merchant.pk, actor_id=None, reason="fraud", now=NOON)
    return {"actor_id": shop.owner_id}


def suspend_campaign(shop: Shop, kind: SuspendedFor) -> None:
    campaigns.suspend(
        campaign_id=shop.campaign.pk, kind=kind, actor_id=None, reason="odd visits", now=NOON
    )


def of_a_campaign_suspended_for_fraud(shop: Shop, _: Booking) -> Facts:
    suspend_campaign(shop, SuspendedFor.FRAUD)
    return {"actor_id": shop.owner_id}


REFUSED: dict[Callable[[Shop, Booking], Facts], tuple[type[DomainError], int]] = {
    by_accountant: (ScannerNotAllowed, 403),
    by_staff_of_another_outlet: (ScannerNotAtOutlet, 403),
    for_another_outlet: (ScannerNotAtOutlet, 403),
    of_a_colleague: (SelfRedemption, 403),
    at_its_expiry: (BookingExpired, 410),
    after_its_expiry_was_noted: (BookingNotLive, 409),
    after_cancelling: (BookingNotLive, 409),
    after_voiding: (BookingNotLive, 409),
    with_an_old_code: (QrStale, 410),
    with_a_code_of_the_future: (QrStale, 410),
    of_a_suspended_merchant: (MerchantNotActive, 409),
    of_a_campaign_suspended_for_fraud: (CampaignSuspended, 409),
}
HIDDEN = (by_a_competitor, by_nobody_of_a_merchant, by_somebody_dismissed)


@pytest.mark.parametrize("situation", REFUSED, ids=lambda made: made.__name__)
def test_a_scan_is_refused_by_name_and_changes_nothing(
    situation: Callable[[Shop, Booking], Facts],
) -> None:
    shop = make_shop()
    booking = make_booking(shop)
    facts = situation(shop, booking)
    before = everything(booking)
    refusal, status = REFUSED[situation]

    with pytest.raises(refusal) as refused:
        execute(booking, **facts)

    assert refused.type is refusal
    assert refused.value.status == status
    assert everything(booking) == before


@pytest.mark.parametrize("situation", REFUSED, ids=lambda made: made.__name__)
def test_a_preview_names_the_same_rule_and_changes_nothing(
    situation: Callable[[Shop, Booking], Facts],
) -> None:
    shop = make_shop()
    booking = make_booking(shop)
    facts = situation(shop, booking)
    before = everything(booking)

    seen = preview(booking, **facts)

    assert [type(failure) for failure in seen.failures] == [REFUSED[situation][0]]
    assert everything(booking) == before


@pytest.mark.parametrize("situation", HIDDEN, ids=lambda made: made.__name__)
@pytest.mark.parametrize("look", [execute, preview])
def test_a_live_code_says_nothing_to_a_stranger(
    situation: Callable[[Shop, Booking], Facts], look: Callable[..., object]
) -> None:
    shop = make_shop()
    booking = make_booking(shop)
    facts = situation(shop, booking)
    before = everything(booking)

    with pytest.raises(UnknownCode):
        look(booking, **facts)

    assert everything(booking) == before


def test_a_preview_lists_every_rule_that_fails_in_the_order_of_refusal() -> None:
    shop = make_shop()
    booking = make_booking(shop)
    text = code_of(booking, at=NOON)
    other = make_outlet(shop.merchant, "Second", at=Point(13.4, 74.8))
    facts = by_accountant(shop, booking) | {"text": text, "now": booking.expires_at}
    of_a_colleague(shop, booking)
    of_a_suspended_merchant(shop, booking)
    before = everything(booking)

    seen = preview(booking, outlet_id=other.pk, **facts)

    assert [failure.code for failure in seen.failures] == [
        "scanner_not_allowed",
        "scanner_not_at_outlet",
        "self_redemption",
        "booking_expired",
        "merchant_not_active",
        "qr_stale",
    ]
    assert everything(booking) == before
    with pytest.raises(ScannerNotAllowed):
        execute(booking, outlet_id=other.pk, **facts)


def test_a_preview_of_a_settled_booking_says_so() -> None:
    shop = make_shop()
    booking = make_booking(shop)
    execute(booking, shop.owner_id)
    before = everything(booking)

    seen = preview(booking, shop.owner_id)

    assert "already_redeemed" in [failure.code for failure in seen.failures]
    assert everything(booking) == before


def test_a_booking_is_good_until_the_instant_it_expires() -> None:
    shop = make_shop()
    booking = make_booking(shop)

    last = booking.expires_at - timedelta(microseconds=1)

    assert execute(booking, shop.owner_id, now=last).handshake.created_at == last


def test_a_code_is_good_for_its_own_and_the_next_quarter_of_a_minute() -> None:
    shop = make_shop()
    booking = make_booking(shop)
    last = NOON + timedelta(seconds=29, microseconds=999_999)

    executed = execute(booking, shop.owner_id, text=code_of(booking, at=NOON), now=last)

    assert not executed.repeated


def test_a_competitor_learns_that_a_code_was_redeemed_and_nothing_else() -> None:
    shop, competitor = make_shop(), make_shop("Next door")
    booking = make_booking(shop)
    execute(booking, shop.owner_id)
    before = everything(booking)

    with pytest.raises(AlreadyRedeemed) as refused:
        execute(booking, competitor.owner_id)

    assert (refused.value.status, refused.value.extra) == (409, {})
    assert everything(booking) == before


def test_a_frozen_wallet_settles_nothing_though_the_money_is_held() -> None:
    shop = make_shop()
    booking = make_booking(shop)
    merchants.freeze_wallet(
        merchant_id=shop.merchant.pk, actor_id=None, reason="under review", now=NOON
    )
    before = everything(booking)

    with pytest.raises(WalletFrozen) as refused:
        execute(booking, shop.owner_id)

    assert refused.value.status == 409
    assert everything(booking) == before
    merchants.unfreeze_wallet(
        merchant_id=shop.merchant.pk, actor_id=None, reason="cleared", now=NOON
    )
    assert not execute(booking, shop.owner_id).repeated


def test_a_code_that_no_key_of_ours_signed_is_unreadable() -> None:
    shop = make_shop()
    booking = make_booking(shop)
    text = code_of(booking, at=NOON)

    with pytest.raises(QrUnreadable):
        execute(booking, shop.owner_id, text=text[:-1] + ("A" if text[-1] != "A" else "B"))

    assert shop.wallet_paise + shop.held_paise == 10_000_00


def test_a_genuine_code_of_no_booking_is_unknown() -> None:
    shop = make_shop()
    booking = make_booking(shop)
    nowhere = "A" * 13
    key = qr.booking_key(keys=keyring(), kid=booking.qr_kid, ref=nowhere)
    text = qr.token(key=key, kid=booking.qr_kid, ref=nowhere, step=qr.step_at(NOON))

    with pytest.raises(UnknownCode):
        execute(booking, shop.owner_id, text=text)


def test_a_printed_code_that_was_never_sold_is_unknown() -> None:
    shop = make_shop()
    booking = make_booking(shop)

    with pytest.raises(UnknownCode):
        execute(booking, shop.owner_id, text=qr.static_text(booking.pk))


def test_one_request_again_is_replayed_and_its_key_settles_nothing_else() -> None:
    shop, key = make_shop(), request_key("k")
    booking, other = make_booking(shop), make_booking(shop)
    first = execute(booking, shop.owner_id, key=key)
    before = everything(other)

    again = execute(booking, shop.owner_id, key=key)

    assert (again.replayed, again.handshake.pk) == (True, first.handshake.pk)
    with pytest.raises(IdempotencyKeyReused):
        execute(booking, shop.owner_id, key=request_key("k", body=b"two"))
    with pytest.raises(IdempotencyKeyReused):
        execute(other, shop.owner_id, key=key)
    assert everything(other) == before


def test_a_key_is_its_senders_own() -> None:
    shop, key = make_shop(), request_key("k")
    scanner = make_staff(shop.merchant, Staff.Role.SCANNER)
    booking = make_booking(shop)
    execute(booking, shop.owner_id, key=key)

    theirs = execute(booking, scanner, key=request_key("k", body=b"two"))

    assert (theirs.replayed, theirs.repeated) == (False, True)
    assert not execute(make_booking(shop), scanner, key=key).repeated


def test_a_customer_known_through_one_deal_is_known_to_the_next() -> None:
    shop, rider = make_shop(), make_rider()
    visit(shop, rider)
    campaigns.end(campaign_id=shop.campaign.pk, merchant_id=None, actor_id=None, now=NOON)
    other = make_campaign(shop.merchant, title="Another deal")
    booking = make_booking(shop, rider, campaign_id=other.pk, now=NOON + timedelta(hours=1))

    second = execute(booking, shop.owner_id, now=NOON + timedelta(hours=1)).handshake

    assert not second.is_new_customer
