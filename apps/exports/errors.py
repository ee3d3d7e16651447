"""The refusals of exports."""

from uma.kernel.errors import DomainError


class UnknownDataset(DomainError):
    code = "unknown_dataset"
    title = "There is no such dataset"
    status = 404


class ExportNotFound(DomainError):
    """Also for a link that ran out, was changed, or belongs to somebody who may no longer read this."""

    code = "export_file_not_found"
    title = "There is no such file"
    status = 404
    advice = "Open the export in the console: its page has a fresh link while the file is there."


class ExportNotAllowed(DomainError):
    code = "export_not_allowed"
    title = "You may not take this dataset away"
    status = 403


class FilterNotKnown(DomainError):
    code = "export_filter_not_known"
    title = "The export cannot be narrowed by that"
    status = 422

    def __init__(self, lookups: list[str]) -> None:
        super().__init__(
            f"An export of this cannot be narrowed by {', '.join(lookups)}: take that filter off the list.",
            filters=lookups,
        )


class PeriodRunsBackward(DomainError):
    code = "export_period_runs_backward"
    title = "The period ends before it begins"
    status = 422


class TooManyExports(DomainError):
    code = "too_many_exports"
    title = "Enough exports of yours are waiting"
    status = 409
    advice = "Wait until one is there, or cancel one."


class ExportIsOver(DomainError):
    code = "export_is_over"
    title = "The export is over: there is nothing to cancel"
    status = 409


class AlreadyScheduled(DomainError):
    code = "export_already_scheduled"
    title = "This is exported on a schedule already"
    status = 409


class ScheduleNotFound(DomainError):
    code = "export_schedule_not_found"
    title = "There is no such schedule"
    status = 404
