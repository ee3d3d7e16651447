"""Reads about exports, and the catalogue of what can be exported."""

from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q
from django.urls import reverse

from apps.accounts.models import User
from apps.accounts.selectors import zones_with
from apps.campaigns.datasets import CAMPAIGNS
from apps.exports.errors import UnknownDataset
from apps.exports.models import Export, Schedule
from apps.gamification.datasets import STRIKES
from apps.handshake.datasets import HANDSHAKES
from apps.merchants.datasets import MERCHANTS
from apps.ondc.datasets import ORDERS
from apps.payments.datasets import PAYOUTS
from apps.rides.datasets import BOOKINGS
from apps.wallet.datasets import LEDGER
from uma.kernel.datasets import Dataset

CATALOGUE: dict[str, Dataset] = {
    dataset.name: dataset
    for dataset in (
        HANDSHAKES, BOOKINGS, LEDGER, CAMPAIGNS, MERCHANTS, ORDERS, STRIKES, PAYOUTS,
    )
}  # fmt: skip
REQUEST = "exports.request_export"


def dataset(name: str) -> Dataset:
    """
    Return a dataset by its name.

    Raises:
        UnknownDataset
    """
    if name not in CATALOGUE:
        raise UnknownDataset
    return CATALOGUE[name]


def zones_to_take(person: object, dataset: Dataset) -> frozenset[str] | None:
    """Return the zones of which the person may take the dataset away; None means all of them."""
    taking, reading = zones_with(person, REQUEST), zones_with(person, dataset.permission)
    if taking is None or reading is None:
        return reading if taking is None else taking
    return taking & reading


def may_take(person: object, dataset: Dataset, zone_code: str) -> bool:
    """Tell whether the person may take a zone's rows away; an empty code stands for all zones."""
    zones = zones_to_take(person, dataset)
    return zones is None or (zone_code != "" and zone_code in zones)


def offer(person: object, model_label: str, lookups: dict[str, str]) -> str | None:
    """Return where the rows of one of the desk's lists can be asked for as a file; None where they cannot."""
    found = next((each for each in CATALOGUE.values() if each.model == model_label), None)
    if found is None or zones_to_take(person, found) == frozenset():
        return None
    query = urlencode({"dataset": found.name, **lookups})
    return f"{reverse('admin:exports_export_ask')}?{query}"


def waiting(*, now: datetime, limit: int) -> list[UUID]:
    """Return exports that a lost message or a dead worker left behind, oldest first."""
    left = Q(state=Export.State.WAITING) | Q(state=Export.State.RUNNING, claimed_until__lt=now)
    found = Export.objects.filter(left).order_by("requested_at")
    return list(found.values_list("pk", flat=True)[:limit])


def running_schedules() -> list[Schedule]:
    return list(Schedule.objects.filter(stopped_at__isnull=True).select_related("requested_by"))


def file_of(*, export_id: UUID) -> Export | None:
    """Return the export if its file is there and whoever asked for it may still read such rows."""
    found = (
        Export.objects.select_related("requested_by")
        .filter(pk=export_id, state=Export.State.DONE)
        .first()
    )
    if found is None or not _may_still(found.requested_by, found):
        return None
    return found


def _may_still(person: User, export: Export) -> bool:
    known = CATALOGUE.get(export.dataset)
    return known is not None and may_take(person, known, export.zone_code)
