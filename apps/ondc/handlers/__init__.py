"""What is done about each callback: one explicit table, one function an action."""

from apps.ondc.handlers.care import on_rating, on_support, on_track
from apps.ondc.handlers.grieving import on_issue
from apps.ondc.handlers.ordering import on_init, on_select
from apps.ondc.handlers.outcome import Handler, Handling, Outcome, Refused
from apps.ondc.handlers.riding import on_cancel, on_confirm, on_status, on_update
from apps.ondc.handlers.searching import on_search
from apps.ondc.handlers.settling import on_recon, on_settle, recon

__all__ = ["HANDLERS", "Handler", "Handling", "Outcome", "Refused"]

HANDLERS: dict[str, Handler] = {
    "on_search": on_search,
    "on_select": on_select,
    "on_init": on_init,
    "on_confirm": on_confirm,
    "on_status": on_status,
    "on_update": on_update,
    "on_cancel": on_cancel,
    "on_track": on_track,
    "on_support": on_support,
    "on_rating": on_rating,
    "on_issue": on_issue,
    "on_issue_status": on_issue,
    "recon": recon,
    "on_recon": on_recon,
    "on_settle": on_settle,
}
