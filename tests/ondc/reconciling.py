"""What is due to be agreed upon, and what sellers and the agency say to it."""

import json
from typing import Any

from apps.ondc import services
from apps.ondc.models import (
    Disagreement,
    Settlement,
    SettlementRequest,
)
from tests.ondc.network import Json, Participant, act, clock, post, stamp, verdict

AGENCY = "agency.example.in"


def due(number: str = "O1", *, fee_paise: int = 1_46, by: str = "BPP") -> Settlement:
    row = Settlement.objects.create(
        zone_code="MNP", domain="ONDC:TRV10", bpp_id="bpp.example.in", number=number,
        payment_id="PA1", collected_by=by, fare_paise=146_00, fee_bps=100, fee_paise=fee_paise,
        due_at=clock(),
    )  # fmt: skip
    services.book_fees(now=clock())
    return row


def said() -> Json:
    """Return the newest request of ours, as its dispatch holds it."""
    newest = SettlementRequest.objects.select_related("dispatch").order_by("-made_at", "-pk")[0]
    body: Json = json.loads(newest.dispatch.body)
    return body


def answer(action: str, asked: Json, message: Json | None, **changes: Any) -> Json:
    context = asked["context"] | {"action": action, "timestamp": stamp(clock())} | changes
    return {"context": context} | ({} if message is None else {"message": message})


def agreed(asked: Json, *, more: str = "", accord: object = True) -> Json:
    """Return the orders of a question as they came, or with other amounts."""
    orders = json.loads(json.dumps(asked["message"]["orders"]))
    for order in orders:
        order["recon_accord"] = accord
        if more:
            order["settlements"][0]["amount"]["value"] = more
            order["settlements"][0]["commission"]["value"] = more
    return {"orders": orders}


def says(who: Participant, body: Json) -> str:
    found = verdict(post(who, body))
    act()
    return found


def state(row: Settlement) -> tuple[str, list[str]]:
    row.refresh_from_db()
    open_ones = Disagreement.objects.filter(decided_at__isnull=True).order_by("opened_at")
    return row.recon, [one.kind for one in open_ones]


def moved(told: Json, status: str, *, value: str = "", error: str = "") -> Json:
    settlement = json.loads(json.dumps(told["message"]["settlement"]))
    for order in settlement["orders"]:
        part = order["inter_participant"]
        part["status"] = status
        if status == "SETTLED":
            part["settled_amount"] = {"currency": "INR", "value": value or part["amount"]["value"]}
            part["reference_no"] = "UTR1"
        if error:
            part["error"] = {"code": error, "message": "Account inactive"}
    message: Json = told["message"] | {"settlement": settlement}
    return message
