"""The straightforward version's own city, and its books."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.apps import apps
from django.db import connection
from django.db.models import Sum
from rest_framework_simplejwt.tokens import AccessToken

from apps.rides import qr
from benchmarks.data import Shop, Visit
from benchmarks.scans import BrokenBenchError
from benchmarks.straightforward import models
from uma.kernel.ids import new_id

FUNDS_PAISE = 1_000_000_000_000


class ControlTokens:
    """simplejwt's own tokens, which name a user that is read from the database."""

    def __init__(self) -> None:
        self._tokens: dict[UUID, str] = {}

    def token(self, person_id: UUID) -> str:
        if person_id not in self._tokens:
            token = AccessToken()
            token.set_exp(lifetime=timedelta(hours=2))
            token["user_id"] = str(person_id)
            self._tokens[person_id] = str(token)
        return self._tokens[person_id]


def open_shops(shops: Sequence[Shop], riders: Sequence[UUID]) -> None:
    """Make the control's tables and give it the same shops, scanners and riders."""
    with connection.schema_editor() as editor:
        for model in apps.get_app_config("straightforward").get_models():
            editor.create_model(model)
    models.Shop.objects.bulk_create(
        [models.Shop(id=shop.merchant_id, name="Shop") for shop in shops]
    )
    models.Post.objects.bulk_create(
        [models.Post(shop_id=shop.merchant_id, user_id=shop.scanner_id) for shop in shops]
    )
    models.Wallet.objects.bulk_create(
        [models.Wallet(owner_id=shop.merchant_id, balance_paise=FUNDS_PAISE) for shop in shops]
        + [models.Wallet(owner_id=rider) for rider in riders]
    )
    analyze()


def analyze() -> None:
    """Let the planner know the control's tables, as autovacuum would by and by."""
    names = ", ".join(
        model._meta.db_table  # noqa: SLF001  # where Django keeps a table's name
        for model in (models.Ride, models.Wallet, models.FirstVisit, models.Settlement)
    )
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {names}")


def bookings(count: int, shops: Sequence[Shop], riders: Sequence[UUID], turn: int) -> list[Visit]:
    """Book `count` rides, each of a rider new to its shop; nothing is held."""
    visits = [
        Visit(new_id(), qr.new_ref(), shops[(number + turn * 13) % len(shops)], rider)
        for number, rider in enumerate(riders[:count])
    ]
    expires_at = datetime.now(UTC) + timedelta(days=1)
    models.Ride.objects.bulk_create(
        [
            models.Ride(
                id=visit.booking_id,
                ref=visit.ref,
                rider_id=visit.rider_id,
                shop_id=visit.shop.merchant_id,
                expires_at=expires_at,
            )
            for visit in visits
        ]
    )
    return visits


def settled_of(visits: Sequence[Visit]) -> int:
    """Return how many of the visits have a settlement."""
    return models.Settlement.objects.filter(
        ride_id__in=[visit.booking_id for visit in visits], ride__status="redeemed"
    ).count()


def verify(visits: Sequence[Visit], shops: Sequence[Shop]) -> None:
    """
    Find each visit settled once, and no paisa made or lost.

    Raises:
        BrokenBenchError
    """
    settled = settled_of(visits)
    total = models.Wallet.objects.aggregate(paise=Sum("balance_paise"))["paise"]
    fees = models.Entry.objects.filter(wallet=None).aggregate(paise=Sum("amount_paise"))["paise"]
    if settled != len(visits) or total + fees != len(shops) * FUNDS_PAISE:
        raise BrokenBenchError(f"the control settled {settled} of {len(visits)}, {total} + {fees}")
