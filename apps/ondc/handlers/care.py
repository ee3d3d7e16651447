"""Around the ride: where the driver is, whom to call, and thanks for a rating."""

from urllib.parse import urlsplit

from apps.ondc.handlers.outcome import Handling, Outcome
from apps.ondc.messages import error_of
from apps.ondc.models import RideOrder
from apps.ondc.reading import at, moment, place, text

ON_THE_WAY = frozenset({RideOrder.Stage.ACTIVE})


def on_track(handling: Handling) -> Outcome:
    """Take the driver's place, or the seller's page that shows it."""
    order = handling.lock_order()
    handling.answered()
    tracking = at(handling.body, "message", "tracking")
    if error_of(handling.body) or order.stage not in ON_THE_WAY or not isinstance(tracking, dict):
        return Outcome.IGNORED
    where = place(tracking, "location", "gps")
    seen_at = moment(tracking, "location", "updated_at") or handling.sent_at
    if where is not None and (order.driver_seen_at is None or seen_at >= order.driver_seen_at):
        order.driver_place, order.driver_seen_at = str(where), seen_at
    order.tracking_url = _link(text(tracking, "url", most=500)) or order.tracking_url
    order.changed_at = handling.now
    order.save(update_fields=["driver_place", "driver_seen_at", "tracking_url", "changed_at"])
    return Outcome.DONE


def on_support(handling: Handling) -> Outcome:
    """Take whom the rider may call or write to."""
    order = handling.lock_order()
    handling.answered()
    told = at(handling.body, "message", "support")
    if error_of(handling.body) or not isinstance(told, dict):
        return Outcome.IGNORED
    order.support_phone = text(told, "phone", most=32) or order.support_phone
    order.support_email = text(told, "email", most=120) or order.support_email
    order.support_url = _link(text(told, "url", most=500)) or order.support_url
    order.changed_at = handling.now
    order.save(update_fields=["support_phone", "support_email", "support_url", "changed_at"])
    return Outcome.DONE


def on_rating(handling: Handling) -> Outcome:
    """Note that a rating arrived; a form that the seller offers is not followed."""
    handling.answered()
    return Outcome.IGNORED if error_of(handling.body) else Outcome.DONE


def _link(url: str) -> str:
    """Return an address that a rider may open in a browser: a web page, and no script."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme == "https" and parts.hostname else ""
