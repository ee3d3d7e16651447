"""Riders who have been away for years, for tests."""

from datetime import datetime, timedelta

from apps.accounts.models import User
from apps.payments import services
from apps.payments.models import DormantWallet
from tests.factories import make_rider
from tests.payments.paying_out import give

YEARS = timedelta(days=3 * 365 + 5)
NOTICE = timedelta(days=61)


def away(*, has_paise: int, now: datetime, zone: str = "MNP") -> User:
    """Return a rider who has had this money, and done nothing, for three years and some days."""
    rider = make_rider(zone=zone, now=now - YEARS)
    give(rider, has_paise, now=now - YEARS)
    return rider


def set_aside(rider: User, *, now: datetime) -> DormantWallet:
    """Return the row of a wallet whose rider was told in time, and whose money moved by `now`."""
    assert services.tend_dormant_wallet(person_id=rider.pk, now=now - NOTICE)
    assert services.tend_dormant_wallet(person_id=rider.pk, now=now)
    return DormantWallet.objects.get(person=rider, state="MOVED")


def set_aside_of_a_city(code: str, *, now: datetime) -> None:
    """Leave a dormant wallet whose money lies aside."""
    set_aside(away(has_paise=75_00, now=now, zone=code), now=now)
