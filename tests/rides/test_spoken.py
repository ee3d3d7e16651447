"""The six spoken digits: whose booking they name, and how often one may guess."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from apps.rides import qr, selectors, services
from apps.rides.errors import (
    QrUnreadable,
    SpokenCodeAmbiguous,
    SpokenCodeLocked,
    SpokenCodeUnavailable,
    SpokenCodeUnknown,
)
from apps.rides.models import Booking, SpokenCodeTries
from tests.factories import NOON, Shop, keyring, make_booking, make_outlet, make_shop
from uma.kernel.geo import Point

pytestmark = pytest.mark.django_db
QUARTER = timedelta(minutes=15)


def digits(booking: Booking, *, step: int) -> str:
    key = qr.booking_key(keys=keyring(), kid=booking.qr_kid, ref=booking.ref)
    return qr.spoken_code(key=key, step=step)


def say(
    shop: Shop,
    code: str,
    *,
    actor_id: UUID | None = None,
    outlet_ids: tuple[UUID, ...] = (),
    seconds: int = 0,
) -> str:
    return services.find_by_spoken_code(
        merchant_id=shop.merchant.pk,
        outlet_ids=outlet_ids,
        code=code,
        actor_id=actor_id or shop.owner_id,
        keys=keyring(),
        now=NOON + timedelta(seconds=seconds),
    )


def wrong(*bookings: Booking) -> str:
    """Return digits that none of these bookings has around noon."""
    step = qr.step_at(NOON)
    taken = {digits(booking, step=step + n) for booking in bookings for n in range(-2, 200)}
    return next(f"{number:06d}" for number in range(1000) if f"{number:06d}" not in taken)


def test_the_digits_of_this_step_and_the_last_name_the_booking() -> None:
    shop = make_shop()
    booking = make_booking(shop)
    code = digits(booking, step=qr.step_at(NOON))

    assert say(shop, code) == booking.ref
    assert say(shop, code, seconds=29) == booking.ref
    with pytest.raises(SpokenCodeUnknown):
        say(shop, code, seconds=30)


def test_the_digits_of_the_next_step_are_refused() -> None:
    shop = make_shop()
    booking = make_booking(shop)

    with pytest.raises(SpokenCodeUnknown):
        say(shop, digits(booking, step=qr.step_at(NOON) + 1))


def test_digits_mean_nothing_at_another_merchant_or_outlet() -> None:
    shop, other = make_shop(), make_shop("Next door")
    booking = make_booking(shop)
    elsewhere = make_outlet(shop.merchant, "Second", at=Point(13.4, 74.8))
    code = digits(booking, step=qr.step_at(NOON))

    with pytest.raises(SpokenCodeUnknown):
        say(other, code)
    with pytest.raises(SpokenCodeUnknown):
        say(shop, code, outlet_ids=(elsewhere.pk,))
    assert say(shop, code, outlet_ids=(shop.outlet.pk,)) == booking.ref


def test_a_cancelled_bookings_digits_are_unknown() -> None:
    shop = make_shop()
    booking = make_booking(shop)
    services.cancel(booking_id=booking.pk, rider_id=booking.rider_id, now=NOON)

    with pytest.raises(SpokenCodeUnknown):
        say(shop, digits(booking, step=qr.step_at(NOON)))


@pytest.mark.parametrize("text", ["", "12345", "1234567", "12345a", " 12345", "\u0661" * 6])
def test_what_is_not_six_digits_is_no_try(text: str) -> None:
    shop = make_shop()

    with pytest.raises(QrUnreadable):
        say(shop, text)

    assert not SpokenCodeTries.objects.exists()


def test_five_wrong_codes_lock_the_person_for_a_quarter_of_an_hour() -> None:
    shop = make_shop()
    booking = make_booking(shop)
    right, bad = digits(booking, step=qr.step_at(NOON)), wrong(booking)

    for left in (4, 3, 2, 1, 0):
        with pytest.raises(SpokenCodeUnknown) as refusal:
            say(shop, bad)
        assert refusal.value.extra == {"tries_left": left}
    with pytest.raises(SpokenCodeLocked) as locked:
        say(shop, right)

    assert locked.value.extra == {"until": NOON + QUARTER}
    later = digits(booking, step=qr.step_at(NOON + QUARTER))
    with pytest.raises(SpokenCodeLocked):
        say(shop, later, seconds=899)
    assert say(shop, later, seconds=900) == booking.ref


def test_a_colleague_is_not_locked_out() -> None:
    shop = make_shop()
    booking = make_booking(shop)
    for _ in range(5):
        with pytest.raises(SpokenCodeUnknown):
            say(shop, wrong(booking))

    found = say(shop, digits(booking, step=qr.step_at(NOON)), actor_id=uuid4())

    assert found == booking.ref


def test_a_right_code_gives_back_its_own_try_and_no_other() -> None:
    shop = make_shop()
    booking = make_booking(shop)
    right, bad = digits(booking, step=qr.step_at(NOON)), wrong(booking)
    for _ in range(4):
        with pytest.raises(SpokenCodeUnknown):
            say(shop, bad)

    assert [say(shop, right), say(shop, right)] == [booking.ref, booking.ref]
    with pytest.raises(SpokenCodeUnknown) as fifth:
        say(shop, bad)

    assert fifth.value.extra == {"tries_left": 0}
    with pytest.raises(SpokenCodeLocked):
        say(shop, right)


def test_wrong_codes_are_forgotten_after_a_quarter_of_an_hour() -> None:
    shop = make_shop()
    booking = make_booking(shop)
    for _ in range(4):
        with pytest.raises(SpokenCodeUnknown):
            say(shop, wrong(booking))

    with pytest.raises(SpokenCodeUnknown) as refusal:
        say(shop, wrong(booking), seconds=900)

    assert refusal.value.extra == {"tries_left": 4}


def test_a_repeat_finds_the_booking_although_it_is_no_longer_live() -> None:
    """The first answer may have been lost after the scan was settled."""
    shop = make_shop()
    booking = make_booking(shop)
    code = digits(booking, step=qr.step_at(NOON))
    say(shop, code)
    services.void(booking_id=booking.pk, actor_id=shop.owner_id, reason="x", now=NOON)

    assert say(shop, code) == booking.ref
    with pytest.raises(SpokenCodeUnknown):
        say(shop, code, actor_id=uuid4())


def twins() -> tuple[str, str]:
    """Return two references whose bookings have the same six digits at noon."""
    seen: dict[str, str] = {}
    while True:
        ref = qr.new_ref()
        key = qr.booking_key(keys=keyring(), kid="A1", ref=ref)
        code = qr.spoken_code(key=key, step=qr.step_at(NOON))
        if code in seen:
            return seen[code], ref
        seen[code] = ref


def test_two_bookings_with_the_same_digits_are_ambiguous_and_cost_no_try(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop, refs = make_shop(), iter(twins())
    monkeypatch.setattr(qr, "new_ref", lambda: next(refs))  # chance is an edge, like the clock
    booking = make_booking(shop)
    make_booking(shop)

    with pytest.raises(SpokenCodeAmbiguous):
        say(shop, digits(booking, step=qr.step_at(NOON)))

    assert SpokenCodeTries.objects.get(person_id=shop.owner_id).tries == 0


def test_too_many_waiting_bookings_make_digits_unavailable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = make_shop()
    bookings = [make_booking(shop) for _ in range(3)]
    code = digits(bookings[0], step=qr.step_at(NOON))
    monkeypatch.setattr(selectors, "MAX_SPOKEN_CANDIDATES", 2)

    with pytest.raises(SpokenCodeUnavailable):
        say(shop, code)

    assert SpokenCodeTries.objects.get(person_id=shop.owner_id).tries == 0


def test_a_withdrawn_master_key_takes_its_bookings_digits_with_it() -> None:
    shop = make_shop()
    booking = make_booking(shop)

    with pytest.raises(SpokenCodeUnknown):
        services.find_by_spoken_code(
            merchant_id=shop.merchant.pk,
            outlet_ids=(),
            code=digits(booking, step=qr.step_at(NOON)),
            actor_id=shop.owner_id,
            keys=qr.keyring("Z9:" + "77" * 32),
            now=NOON,
        )
