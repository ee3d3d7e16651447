"""A rider: a person with purses in the ledger."""

from datetime import datetime

from django.db import transaction

from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.wallet import codes
from apps.wallet import services as wallet


@transaction.atomic
def register_rider(
    *,
    zone_code: str,
    now: datetime,
    display_name: str = "",
    phone: str = "",
    username: str | None = None,
) -> User:
    """
    Create a rider: the person, and the purses that person needs.

    Raises:
        PhoneInvalid, PhoneTaken
    """
    rider = accounts.create_person(
        username=username, display_name=display_name, phone=phone, zone_code=zone_code, now=now
    )
    wallet.open_accounts(codes=codes.rider_accounts(rider.pk))
    return rider
