"""Which thresholds hold where, and how an operator changes one."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.accounts import services as accounts
from apps.analytics.errors import ReasonMissing, TableChanged, ThresholdsInvalid
from apps.analytics.models import RiskTable
from apps.analytics.thresholds import NAMES, Thresholds
from apps.merchants import selectors as merchants
from apps.merchants.errors import UnknownZone


@dataclass(frozen=True, slots=True)
class Table:
    """The thresholds of a zone, and how a signal names them."""

    name: str
    at: Thresholds


@dataclass(slots=True)
class Tables:
    """The tables as they stand, each read once: one job judges by one version."""

    _known: dict[str, Table] = field(default_factory=dict)

    def of(self, zone_code: str) -> Table:
        """Return the zone's table, else that of every zone, else the product's own."""
        if zone_code not in self._known:
            self._known[zone_code] = in_force(zone_code=zone_code)
        return self._known[zone_code]


def in_force(*, zone_code: str) -> Table:
    """Return the zone's table, else that of every zone, else the product's own."""
    rows = RiskTable.objects.filter(zone_code__in={zone_code, ""})
    row = rows.order_by("-zone_code", "-version").first()
    if row is None:
        return Table("the product's own", Thresholds())
    return Table(f"{row.zone_code or '*'} {row.version}", Thresholds().changed(row.numbers))


@transaction.atomic
def set_threshold(
    *,
    zone_code: str,
    name: str,
    number: int,
    actor_id: UUID,
    reason: str,
    now: datetime,
    within: Collection[str] | None = None,
) -> RiskTable:
    """
    Change one number of a zone's table, or with no zone that of every zone without its own, from now on.

    What was assessed stays as it was. `within` are the zones where the operator may; None means every.

    Raises:
        ReasonMissing, UnknownZone, ThresholdsInvalid
        TableChanged: somebody else changed it at this moment
    """
    if not reason.strip():
        raise ReasonMissing
    if within is not None and zone_code not in within:
        raise UnknownZone
    if zone_code:
        merchants.zone(code=zone_code)
    if name not in NAMES:
        raise ThresholdsInvalid([f"{name} is no threshold"])
    before = in_force(zone_code=zone_code).at
    after = before.changed({name: number})
    if faults := after.faults():
        raise ThresholdsInvalid(faults)
    own, numbers = asdict(Thresholds()), asdict(after)
    newest = RiskTable.objects.filter(zone_code=zone_code).order_by("-version").first()
    try:
        with transaction.atomic():
            row = RiskTable.objects.create(
                zone_code=zone_code,
                version=newest.version + 1 if newest else 1,
                numbers={key: value for key, value in numbers.items() if value != own[key]},
                set_at=now,
            )
    except IntegrityError as taken:
        raise TableChanged from taken
    accounts.record(
        action="risk-table.set",
        object_type="risk_table",
        object_id=table_key(zone_code),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={name: getattr(before, name)},
        after={name: number},
    )
    return row


def table_key(zone_code: str) -> str:
    """Return under which name the trail keeps what was done to a zone's table."""
    return f"risk-table:{zone_code or '*'}"


def numbers_of(row: RiskTable) -> dict[str, int]:
    """Return every number of a version, by name."""
    return asdict(Thresholds().changed(row.numbers))
