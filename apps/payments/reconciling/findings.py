"""What a reconciliation finds: facts that do not agree, and by how much."""

from dataclasses import dataclass, field
from datetime import datetime

from apps.payments.models import ReconException

Kind = ReconException.Kind


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One disagreement; paise. The same kind and subject is the same disagreement, run after run.

    `bank_effect_paise` is by how much the bank holds more than the ledger says because of it.
    """

    kind: Kind
    subject: str
    amount_paise: int
    detail: str
    occurred_at: datetime
    expected_paise: int | None = None
    found_paise: int | None = None
    bank_effect_paise: int = 0


@dataclass(slots=True)
class Side:
    """What one comparison found, and the totals of its sides in paise."""

    findings: list[Finding] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=dict)
    matched: int = 0
