"""A rider: a person with purses in the ledger."""

from datetime import datetime

from django.db import transaction

from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.wallet import codes
from apps.wallet import services as wallet


@transaction.atomic
def register_rider(*, username: str, display_name: str, zone_code: str, now: datetime) -> User:
    """Create a rider: the person, and the purses that person needs."""
    rider = accounts.create_person(
        username=username, display_name=display_name, zone_code=zone_code, now=now
    )
    wallet.open_accounts(codes=codes.rider_accounts(rider.pk))
    return rider
