"""The refusals of who decides what a visit's signs mean."""

from collections.abc import Sequence

from uma.kernel.errors import DomainError


class ReasonMissing(DomainError):
    code = "risk_reason_missing"
    title = "This needs a reason"
    status = 422


class ThresholdsInvalid(DomainError):
    code = "risk_thresholds_invalid"
    title = "Visits cannot be judged by these numbers"
    status = 422

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(f"{'; '.join(faults)}.", faults=list(faults))


class TableChanged(DomainError):
    code = "risk_table_changed"
    title = "Somebody else changed these numbers at this moment"
    status = 409


class CaseNotOpen(DomainError):
    code = "risk_case_not_open"
    title = "This case is not open"
    status = 409


class CaseNotConfirmed(DomainError):
    code = "risk_case_not_confirmed"
    title = "This case was not decided as fraud"
    status = 409
