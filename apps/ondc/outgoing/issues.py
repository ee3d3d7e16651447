"""
A complaint in the network's two forms (IGM 1.0.0 and 2.0.0): every message repeats it whole, with all that was done.

Which of the two a seller is spoken to in goes by the version of its domain; what we call a code, both call a code.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.ondc.outgoing.context import Json, moment
from apps.ondc.outgoing.forms import Person, tags

ONE, TWO = "1.0.0", "2.0.0"
# What a rider may complain about: category, words, and the coarser code of the first form, whose list is older.
# The network's list for mobility is not complete, so this is data.
CODES: Mapping[str, tuple[str, str, str]] = {
    "FLM101": ("FULFILLMENT", "The driver took another way", "FLM03"),
    "FLM102": ("FULFILLMENT", "The driver did not come", "FLM02"),
    "FLM111": ("FULFILLMENT", "The driver or the vehicle was another one", "FLM03"),
    "FLM112": ("FULFILLMENT", "The fare is wrong", "PMT04"),
    "FLM115": ("FULFILLMENT", "The vehicle broke down", "FLM03"),
    "AGT01": ("AGENT", "The driver behaved badly", "AGT01"),
    "ORD101": ("ORDER", "Something is wrong with the order", "ORD02"),
    "PMT04": ("PAYMENT", "A payment or a refund is missing", "PMT04"),
}
RESPOND, RESOLVE = timedelta(hours=2), timedelta(days=1)
_RESPOND, _RESOLVE = "PT2H", "P1D"
_RIDER, _US = "CUST1", "NP1"


@dataclass(frozen=True, slots=True)
class Desk:
    """Who answers for complaints here."""

    name: str
    phone: str = ""
    email: str = ""

    def contact(self) -> Json:
        every = {"phone": self.phone, "email": self.email}
        return {name: value for name, value in every.items() if value}


@dataclass(frozen=True, slots=True)
class Done:
    """Something that was done about the complaint; the seller's acts as they came."""

    id: str
    code: str
    at: datetime
    text: str = ""
    ref: str = ""
    rating: str = ""
    # Of the seller's: exactly as it was told.
    told: Json | None = None


@dataclass(frozen=True, slots=True)
class Complaint:
    """What both forms are made of."""

    id: str
    domain: str
    bap_id: str
    desk: Desk
    rider: Person
    code: str
    short: str
    long: str
    order_id: str
    order_state: str
    provider_id: str
    item_id: str
    fulfillment_id: str
    fulfillment_state: str
    level: str
    is_closed: bool
    rating: str
    created_at: datetime
    updated_at: datetime
    done: Sequence[Done]
    # The seller's actors, resolutions, respondent_ids, resolver_ids as told (2.0.0).
    sellers: Mapping[str, object]

    @property
    def organisation(self) -> str:
        # Reviewers look for exactly this form.
        return f"{self.bap_id}::{self.domain}"


def status(*, issue_id: str) -> Json:
    return {"issue_id": issue_id}


def issue(complaint: Complaint, *, version: str) -> Json:
    """Return the complaint in a version's form."""
    return {"issue": _first(complaint) if version == ONE else _second(complaint)}


def _times(complaint: Complaint) -> Json:
    return {
        "expected_response_time": {"duration": _RESPOND},
        "expected_resolution_time": {"duration": _RESOLVE},
        "created_at": moment(complaint.created_at),
        "updated_at": moment(complaint.updated_at),
    }


def _first(complaint: Complaint) -> Json:
    ours = [_complainants(complaint, done) for done in complaint.done if done.told is None]
    theirs = [done.told for done in complaint.done if done.told is not None]
    actions: Json = {"complainant_actions": ours}
    if theirs:
        actions["respondent_actions"] = theirs
    category, _, coarse = CODES[complaint.code]
    found: Json = {
        "id": complaint.id,
        "category": category,
        "sub_category": coarse,
        "complainant_info": {
            "person": {"name": complaint.rider.name},
            "contact": {"phone": complaint.rider.phone},
        },
        "order_details": {
            "id": complaint.order_id,
            "state": complaint.order_state,
            "items": [{"id": complaint.item_id, "quantity": 1}],
            "fulfillments": [
                {"id": complaint.fulfillment_id, "state": complaint.fulfillment_state}
            ],
            "provider_id": complaint.provider_id,
        },
        "description": {"short_desc": complaint.short, "long_desc": complaint.long},
        "source": {"network_participant_id": complaint.bap_id, "type": "CONSUMER"},
        "status": "CLOSED" if complaint.is_closed else "OPEN",
        "issue_type": complaint.level,
        "issue_actions": actions,
        **_times(complaint),
    }
    if complaint.rating:
        found["rating"] = complaint.rating.replace("_", "-")
    return found


# A rider's answer has no word of its own in the first version.
_FIRST = {"OPEN": "OPEN", "ESCALATED": "ESCALATE", "CLOSED": "CLOSE"}


def _complainants(complaint: Complaint, done: Done) -> Json:
    by: Json = {"org": {"name": complaint.organisation}, "person": {"name": complaint.desk.name}}
    if complaint.desk.contact():
        by["contact"] = complaint.desk.contact()
    return {
        "complainant_action": _FIRST.get(done.code, "OPEN"),
        "short_desc": done.text or done.code.capitalize(),
        "updated_at": moment(done.at),
        "updated_by": by,
    }


def _second(complaint: Complaint) -> Json:
    sellers = dict(complaint.sellers)
    others = sellers.pop("actors", [])
    assert isinstance(others, list)
    refs = {
        "ORDER": complaint.order_id,
        "PROVIDER": complaint.provider_id,
        "FULFILLMENT": complaint.fulfillment_id,
        "ITEM": complaint.item_id,
    }
    descriptor: Json = {"code": complaint.code, "short_desc": complaint.short}
    if complaint.long:
        descriptor["long_desc"] = complaint.long
    return {
        "id": complaint.id,
        "status": "CLOSED" if complaint.is_closed else "OPEN",
        "level": complaint.level,
        "refs": [{"ref_id": value, "ref_type": kind} for kind, value in refs.items() if value],
        "actors": [*_actors(complaint), *others],
        "source_id": _RIDER,
        "complainant_id": _US,
        "descriptor": descriptor,
        "last_action_id": complaint.done[-1].id,
        "actions": [_action(complaint, done) for done in complaint.done],
        **{key: value for key, value in sellers.items() if value},
        **_times(complaint),
    }


def _actors(complaint: Complaint) -> list[Json]:
    us: Json = {
        "org": {"name": complaint.organisation},
        "person": {"name": complaint.desk.name},
    }
    if complaint.desk.contact():
        us["contact"] = complaint.desk.contact()
    rider = {
        "org": {"name": complaint.organisation},
        "person": {"name": complaint.rider.name},
        "contact": {"phone": complaint.rider.phone},
    }
    return [
        {"id": _RIDER, "type": "CONSUMER", "info": rider},
        {"id": _US, "type": "INTERFACING_NP", "info": us},
    ]


def _action(complaint: Complaint, done: Done) -> Json:
    if done.told is not None:
        return done.told
    # The mobility domain's schema has no word for an escalation: the level says it.
    code = "OPEN" if done.code == "ESCALATED" else done.code
    words = done.text or done.code.replace("_", " ").capitalize()
    descriptor = {"code": code, "short_desc": words}
    found: Json = {
        "id": done.id,
        "descriptor": descriptor,
        "updated_at": moment(done.at),
        "action_by": _US,
        "actor_details": {"name": complaint.desk.name},
    }
    if done.ref:
        found["ref_id"] = done.ref
        if done.code.startswith("RESOLUTION"):
            found["ref_type"] = "RESOLUTIONS"
    if done.rating:
        found["tags"] = [tags("CLOSURE_DETAILS", {"RATING": done.rating})]
    return found
