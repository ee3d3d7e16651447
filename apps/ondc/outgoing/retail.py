"""Retail discovery (ONDC:RET11): who sells food in a city, and what changed since."""

from dataclasses import dataclass
from datetime import datetime

from apps.ondc.outgoing import profiles
from apps.ondc.outgoing.context import Json, moment

DOMAIN = profiles.RETAIL
VERSIONS = ("1.2.0", "1.2.5")


@dataclass(frozen=True, slots=True)
class Push:
    """Changes are pushed from now on, or no more."""

    begin: bool


@dataclass(frozen=True, slots=True)
class Between:
    """The changes of a span of time."""

    start: datetime
    end: datetime


def search(*, finder_fee_percent: str, changes: Push | Between | None = None) -> Json:
    """Return the question for a city's whole catalogue, or for its changes."""
    intent: Json = {
        "payment": {
            "@ondc/org/buyer_app_finder_fee_type": "percent",
            "@ondc/org/buyer_app_finder_fee_amount": finder_fee_percent,
        }
    }
    if changes is None:
        intent["fulfillment"] = {"type": "Delivery"}
        return {"intent": intent}
    if isinstance(changes, Push):
        values = {"mode": "start" if changes.begin else "stop"}
    else:
        if changes.end <= changes.start:
            raise ValueError("a span ends after it began")
        values = {"start_time": moment(changes.start), "end_time": moment(changes.end)}
    listed = [{"code": code, "value": value} for code, value in values.items()]
    intent["tags"] = [{"code": "catalog_inc", "list": listed}]
    return {"intent": intent}
