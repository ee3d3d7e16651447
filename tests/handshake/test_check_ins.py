"""A visit without a deal: known, free, once a day, and nobody's way round a fee."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction

from apps.accounts.models import User
from apps.handshake import cards, check_ins
from apps.handshake.check_ins import CheckedIn
from apps.handshake.errors import (
    DealWaiting,
    OutletNeeded,
    ScannerNotAtOutlet,
    SelfRedemption,
    UnknownCode,
    VisitCounted,
)
from apps.handshake.models import CheckIn, Handshake
from apps.merchants import selectors as merchants
from apps.merchants.errors import MerchantNotActive
from apps.merchants.models import FirstVisit, Merchant, Staff
from apps.merchants.selectors import StaffScope
from apps.rides.errors import QrStale, QrUnreadable
from tests.concurrency.meeting import at_once
from tests.factories import (
    NOON,
    Shop,
    keyring,
    make_booking,
    make_outlet,
    make_rider,
    make_shop,
    make_staff,
)
from tests.handshake.visiting import visit
from tests.rides.calling import Api, problem
from uma.kernel.errors import DomainError

PERSON = UUID(int=0x1234 << 100 | 99)


def post_of(shop: Shop, *, outlet_ids: tuple[UUID, ...] = ()) -> StaffScope:
    return StaffScope(shop.merchant.pk, "OWNER", outlet_ids, shop.owner_id)


def check_in(
    shop: Shop,
    rider: User,
    *,
    at: datetime = NOON,
    post: StaffScope | None = None,
    outlet_id: UUID | None = None,
) -> CheckedIn:
    return check_ins.check_in(
        person_id=rider.pk,
        staff=post or post_of(shop),
        outlet_id=outlet_id,
        bill_paise=None,
        now=at,
    )


def test_a_code_says_who_shows_it_for_a_minute_and_to_nobody_else() -> None:
    shown = cards.card(person_id=PERSON, keys=keyring(), now=NOON)

    # The largest text that a QR code of 29 modules holds, at the correction that a cracked screen needs.
    assert len(shown.text) == 61
    assert PERSON.hex.upper() not in shown.text
    assert NOON + timedelta(seconds=45) <= shown.good_until <= NOON + timedelta(seconds=60)
    just = shown.good_until - timedelta(seconds=1)
    for at in (NOON, just):
        assert cards.person_of(shown.text, keys=keyring(), now=at) == PERSON
    for late in (shown.good_until, NOON + timedelta(minutes=5), NOON - timedelta(seconds=10)):
        with pytest.raises(QrStale):
            cards.person_of(shown.text, keys=keyring(), now=late)
    with pytest.raises(QrUnreadable):
        cards.person_of(shown.text, keys=keyring(), now=NOON + timedelta(days=1))


def test_a_code_with_any_character_changed_is_none() -> None:
    text = cards.card(person_id=PERSON, keys=keyring(), now=NOON).text

    for place, letter in enumerate(text):
        for other in "A7":
            if other == letter:
                continue
            with pytest.raises(QrUnreadable):
                cards.person_of(text[:place] + other + text[place + 1 :], keys=keyring(), now=NOON)
    for wrong in ("", text + "A", text.lower(), " " + text, text.replace("UMAC1", "UMA1")):
        with pytest.raises(QrUnreadable):
            cards.person_of(wrong, keys=keyring(), now=NOON)


@pytest.mark.django_db
def test_who_comes_without_a_deal_is_noted_and_is_a_customer() -> None:
    shop, rider = make_shop(), make_rider()
    before = shop.wallet_paise

    done = check_in(shop, rider)

    assert not done.repeated
    assert done.check_in.is_new_customer
    assert (done.check_in.outlet_id, done.check_in.zone_code) == (shop.outlet.pk, "MNP")
    assert shop.wallet_paise == before
    assert FirstVisit.objects.get().booking_id == done.check_in.pk
    # The visit by a deal next day is not a new customer's, and costs no fee for one.
    later = visit(shop, rider, now=NOON + timedelta(days=1))
    assert (later.is_new_customer, later.cpa_fee_paise) == (False, 0)


@pytest.mark.django_db
def test_a_guest_is_checked_in_once_a_day_whoever_scans_again() -> None:
    shop, rider = make_shop(), make_rider()
    first = check_in(shop, rider)

    again = check_in(shop, rider, at=NOON + timedelta(hours=3))
    tomorrow = check_in(shop, rider, at=NOON + timedelta(days=1))

    assert (again.repeated, again.check_in.pk) == (True, first.check_in.pk)
    assert (tomorrow.repeated, tomorrow.check_in.is_new_customer) == (False, False)
    assert CheckIn.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_four_that_scan_a_guest_at_once_one_checks_in() -> None:
    shop, rider = make_shop(), make_rider()

    done = at_once(*(lambda: check_in(shop, rider) for _ in range(4)))

    checked = [one for one in done if isinstance(one, CheckedIn)]
    assert len(checked) == len(done), done
    assert sorted(one.repeated for one in checked) == [False, True, True, True]
    assert len({one.check_in.pk for one in checked}) == 1
    assert FirstVisit.objects.count() == 1


@pytest.mark.django_db
def test_who_has_a_deal_here_is_owed_it() -> None:
    shop, rider = make_shop(), make_rider()
    make_booking(shop, rider)

    with pytest.raises(DealWaiting):
        check_in(shop, rider)

    assert not FirstVisit.objects.exists()


@pytest.mark.django_db
def test_a_visit_by_a_deal_is_not_counted_once_more() -> None:
    shop, rider = make_shop(), make_rider()
    visit(shop, rider, now=NOON)

    with pytest.raises(VisitCounted):
        check_in(shop, rider, at=NOON + timedelta(hours=1))
    assert not check_in(shop, rider, at=NOON + timedelta(days=1)).repeated


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("staff", SelfRedemption),
        ("closed", UnknownCode),
        ("suspended", MerchantNotActive),
        ("elsewhere", ScannerNotAtOutlet),
        ("which", OutletNeeded),
    ],
)
def test_a_check_in_that_may_not_be_is_refused(case: str, expected: type[DomainError]) -> None:
    shop, rider = make_shop(), make_rider()
    second = make_outlet(shop.merchant, "Second")
    outlet_id: UUID | None = shop.outlet.pk
    post = post_of(shop)
    if case == "staff":
        rider = User.objects.get(pk=make_staff(shop.merchant, Staff.Role.SCANNER))
    elif case == "closed":
        User.objects.filter(pk=rider.pk).update(status="CLOSED")
    elif case == "suspended":
        Merchant.objects.filter(pk=shop.merchant.pk).update(status="SUSPENDED")
    elif case == "elsewhere":
        post = post_of(shop, outlet_ids=(second.pk,))
    else:
        outlet_id = None

    with pytest.raises(expected):
        check_in(shop, rider, post=post, outlet_id=outlet_id)

    assert not CheckIn.objects.exists()
    assert merchants.is_new_customer(merchant_id=shop.merchant.pk, person_id=rider.pk)


@pytest.mark.django_db
def test_a_rider_draws_a_code_and_the_till_reads_it() -> None:
    shop, rider = make_shop(), make_rider()
    drawn = Api(rider.pk).get("/user/check-in-code").json()
    till = Api(shop.owner_id, "merchant")

    first = till.post("/handshake/check-in", {"code": drawn["code"], "billAmount": 240})
    again = till.post("/handshake/check-in", {"code": drawn["code"]})

    assert first.status_code == again.status_code == 200
    assert [one.json()["alreadyCheckedIn"] for one in (first, again)] == [False, True]
    assert first.json()["checkIn"]["isNewCustomer"] is True
    assert str(rider.pk) not in first.content.decode()
    assert CheckIn.objects.get().bill_paise == 240_00
    problem(till.post("/handshake/check-in", {"code": "UMAC1.XX"}), 422, "qr_invalid")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("row", "constraint"),
    [
        ({"bill_paise": 0}, "handshake_check_in_bill_positive"),
        ({}, "handshake_check_in_once_a_day"),
    ],
)
def test_a_check_in_that_cannot_be_true_is_refused(row: dict[str, object], constraint: str) -> None:
    shop, rider = make_shop(), make_rider()
    noted = check_in(shop, rider).check_in
    facts = CheckIn.objects.filter(pk=noted.pk).values().get()
    other = {"rider_id": uuid4()} if row else {}

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        CheckIn.objects.create(**{**facts, "id": uuid4(), **other, **row})


@pytest.mark.django_db
def test_a_check_in_stays_as_it_was_written() -> None:
    check_in(make_shop(), make_rider())

    for act in (lambda: CheckIn.objects.update(bill_paise=1), CheckIn.objects.all().delete):
        with (
            pytest.raises(IntegrityError, match="handshake_check_in_append_only"),
            transaction.atomic(),
        ):
            act()
    assert not Handshake.objects.exists()
