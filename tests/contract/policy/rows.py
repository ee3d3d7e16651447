"""
One row for each route: what is sent, and what each actor is answered.

A row names whom it lets in; everybody else gets 401 or 403 `permission_denied`. A body may be a
function of the objects. `at` puts another object than the parameter's own into the path.
"""

from tests.contract.policy.actors import (
    OPERATORS,
    Expected,
    anybody,
    operators,
    people,
    riders,
    staff,
)
from tests.contract.policy.billing import BILLING
from tests.contract.policy.joining import JOINING, PAYMENTS, PLANS
from tests.contract.policy.judging import JUDGING
from tests.contract.policy.row import EVERY_ROLE, Row
from tests.contract.policy.tickets import TICKETS

CAMPAIGN = {"title": "Free ride", "discount": 10, "rideReimbursement": 150}


def campaign_move(move: str, at: str = "campaign_id", ok: int = 200) -> Row:
    who = staff(
        ok, "owner manager", foreign="unknown_campaign", elsewhere="outlet_not_yours", key=True
    )
    return Row("POST", f"/api/campaigns/{{campaign_id}}/{move}", who, at={"campaign_id": at})


def reviewed(move: str) -> Row:
    who = operators(200, foreign="unknown_campaign")
    path = f"/api/campaigns/{{campaign_id}}/{move}"
    return Row("POST", path, who, {"reason": "As it should be"}, at={"campaign_id": "in_review"})


PLATFORM = [
    Row("GET", "/api/schema", anybody(200), media="application/vnd.oai.openapi"),
    Row("GET", "/api/docs", anybody(200), media="text/html"),
]
ACCOUNTS = [
    Row("POST", "/api/auth/refresh", anybody("refresh_invalid"), {"refresh": "r" * 43}),
    Row(
        "POST",
        "/api/auth/firebase",
        anybody("id_token_invalid"),
        {"idToken": "bm90.YS50b2tlbg.c2lnbmVk"},
    ),
    # Signing out twice is signing out.
    Row("POST", "/api/auth/logout", {**people(204), "revoked": 204}),
    Row("POST", "/api/auth/logout-all", people(204)),
    Row("GET", "/api/auth/sessions", people(200)),
    Row(
        "DELETE",
        "/api/auth/sessions/{session_id}",
        {**people("unknown_session"), "rider": 204},
    ),
]
PRIVACY = [
    Row("GET", "/api/user/consents", people(200)),
    Row(
        "POST",
        "/api/user/consents",
        people(201),
        {"purpose": "offers", "version": 1, "granted": False},
    ),
    Row("GET", "/api/user/export", people(202)),
    # Whoever has the signed link; without one it is nobody's, its owner's neither.
    Row(
        "GET",
        "/api/user/exports/{export_id}",
        anybody("export_not_found"),
        media="application/zip",
    ),
    # Files for analysts are asked for at the desk; here is only who has the signed link.
    Row(
        "GET",
        "/api/exports/{export_id}/file",
        anybody("export_file_not_found"),
        media="application/gzip",
    ),
    # Refused while money or a visit is open, to the last owner of a shop, to whoever operates.
    Row(
        "DELETE",
        "/api/user",
        people(204)
        | dict.fromkeys(
            ("rider", "other_rider", "suspended_rider", "owner", "other_owner", *OPERATORS),
            "erasure_refused",
        )
        | {"closed_rider": "account_closed"},
    ),
]
MERCHANTS = [
    Row("GET", "/api/merchant/profile", staff(200, EVERY_ROLE, key=True)),
    Row("GET", "/api/merchant/api-keys", staff(200, "owner")),
    Row(
        "POST",
        "/api/merchant/api-keys",
        staff(201, "owner"),
        {"name": "Till", "scopes": ["profile:read"]},
    ),
    Row(
        "DELETE", "/api/merchant/api-keys/{key_id}", staff(204, "owner", foreign="unknown_api_key")
    ),
    Row("GET", "/api/merchant/webhooks", staff(200, "owner")),
    Row(
        "POST",
        "/api/merchant/webhooks",
        staff(201, "owner"),
        {"url": "https://pos.example.in/uma", "events": ["handshake.success"]},
    ),
    Row(
        "DELETE",
        "/api/merchant/webhooks/{endpoint_id}",
        staff(204, "owner", foreign="unknown_endpoint"),
    ),
    Row(
        "POST",
        "/api/merchant/webhooks/{endpoint_id}/rotate",
        staff(201, "owner", foreign="unknown_endpoint"),
        {"overlapHours": 1},
    ),
    Row(
        "GET",
        "/api/merchant/webhooks/{endpoint_id}/deliveries",
        staff(200, "owner", foreign="unknown_endpoint"),
    ),
    Row(
        "POST",
        "/api/merchant/webhooks/{endpoint_id}/replay",
        staff(200, "owner", foreign="unknown_endpoint"),
        {"since": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z"},
    ),
    Row(
        "POST",
        "/api/merchant/api-keys/{key_id}/rotate",
        staff(201, "owner", foreign="unknown_api_key"),
        {"overlapHours": 1},
    ),
]
CAMPAIGNS = [
    Row("GET", "/api/campaigns", riders(200) | staff(200, EVERY_ROLE, key=True)),
    Row(
        "POST",
        "/api/campaigns",
        staff(
            201,
            "owner manager",
            elsewhere="outlet_not_yours",
            foreign="terms_invalid",
            key=True,
        ),
        lambda own: CAMPAIGN | {"outletIds": [own["outlet_id"]]},
    ),
    Row(
        "GET",
        "/api/campaigns/{campaign_id}",
        riders(200) | staff(200, EVERY_ROLE, foreign="unknown_campaign", key=True),
    ),
    *(
        Row(
            method,
            "/api/campaigns/{campaign_id}",
            staff(
                200,
                "owner manager",
                foreign="unknown_campaign",
                elsewhere="outlet_not_yours",
                key=True,
            ),
            body,
            at={"campaign_id": "draft"},
        )
        for method, body in (("PUT", CAMPAIGN), ("PATCH", {"title": "Better"}))
    ),
    Row(
        "DELETE",
        "/api/campaigns/{campaign_id}",
        staff(
            204, "owner manager", foreign="unknown_campaign", elsewhere="outlet_not_yours", key=True
        ),
    ),
    Row(
        "GET",
        "/api/campaigns/{campaign_id}/exposure",
        staff(200, EVERY_ROLE, foreign="unknown_campaign", key=True),
    ),
    Row(
        "GET",
        "/api/campaigns/{campaign_id}/boost",
        staff(200, EVERY_ROLE, foreign="unknown_campaign", key=True),
    ),
    Row(
        "POST",
        "/api/campaigns/{campaign_id}/boost",
        staff(201, "owner manager", foreign="unknown_campaign", elsewhere="outlet_not_yours"),
    ),
    Row(
        "DELETE",
        "/api/campaigns/{campaign_id}/boost",
        staff(
            "no_boost", "owner manager", foreign="unknown_campaign", elsewhere="outlet_not_yours"
        ),
    ),
    campaign_move("submit", at="draft"),
    campaign_move("pause"),
    campaign_move("resume", at="paused"),
    campaign_move("end"),
    campaign_move("clone", ok=201),
    reviewed("approve"),
    reviewed("reject"),
]
NEAR, FAR = {"lat": 13.3525, "lng": 74.7926}, {"lat": 13.3409, "lng": 74.7477}


def ordered(action: str, own: Expected, **more: object) -> Row:
    """A request about an order that was chosen and has no quote yet, and nobody else's."""
    return Row(
        "POST",
        f"/api/ondc/{action}",
        riders(own, foreign="ride_order_not_found"),
        lambda objects: {**objects["order"], **more},
    )


JOURNEYS = [
    Row("POST", "/api/ondc/search", riders(200), {"pickupLocation": NEAR, "dropLocation": FAR}),
    Row("GET", "/api/ondc/searches/{transaction_id}", riders(200, foreign="search_not_found")),
    Row(
        "GET",
        "/api/ondc/searches/{transaction_id}/events",
        riders(200, foreign="search_not_found"),
        media="text/event-stream",
    ),
    Row(
        "POST",
        "/api/ondc/select",
        riders(200, foreign="offer_not_found"),
        lambda objects: objects["offer"],
    ),
    # Each step waits for the seller's answer to the one before.
    ordered(
        "init", "ride_order_not_ready", customerDetails={"name": "Neha", "phone": "+919812345601"}
    ),
    ordered("confirm", "ride_order_not_ready"),
    Row(
        "GET",
        "/api/ondc/orders/{order_id}/issues",
        riders(200, foreign="ride_order_not_found"),
    ),
    Row(
        "POST",
        "/api/ondc/orders/{order_id}/issues",
        riders("ride_order_not_ready", foreign="ride_order_not_found"),
        {"code": "FLM112", "text": "The fare is wrong"},
    ),
    Row("GET", "/api/ondc/issues/{issue_id}", riders(200, foreign="issue_not_found")),
    Row(
        "POST",
        "/api/ondc/issues/{issue_id}/acts",
        riders("issue_act_not_possible", foreign="issue_not_found"),
        {"act": "accept"},
    ),
    ordered("status", "ride_order_not_ready"),
    ordered("track", "ride_order_not_ready"),
    ordered("cancel", "ride_order_not_ready"),
    ordered("update", "ride_order_not_ready", tip=20),
    ordered("rating", "ride_order_not_ready", rating=5),
    ordered("support", "ride_order_not_ready"),
]
RIDES = [
    Row(
        "POST",
        "/api/rides/book",
        riders(201, foreign=201, suspended="rider_banned", closed="account_closed"),
        lambda own: {"campaignId": own["in_stock"]},
    ),
    Row("GET", "/api/rides", riders(200)),
    Row("GET", "/api/rides/{booking_id}", riders(200, foreign="booking_not_found")),
    Row(
        "GET",
        "/api/rides/{booking_id}/qr",
        riders(200, foreign="booking_not_found"),
        media="image/png",
    ),
    Row("POST", "/api/rides/{booking_id}/cancel", riders(200, foreign="booking_not_found")),
    Row("GET", "/api/user/profile", riders(200)),
    Row("GET", "/api/user/wallet", riders(200)),
    Row("GET", "/api/user/transactions", riders(200)),
]
NOTIFICATIONS = [
    Row("POST", "/api/user/devices", people(201), {"platform": "android", "fid": "f" * 22}),
    Row("DELETE", "/api/user/devices/{device_id}", {**people("unknown_device"), "rider": 204}),
]
_SCAN = staff(
    200,
    "owner manager scanner",
    foreign="unknown_code",
    elsewhere="scanner_not_at_outlet",
    wrong_role="scanner_not_allowed",
    no_post="unknown_code",
    key=True,
)
_PREVIEW = _SCAN | {"accountant": 200, "manager_elsewhere": 200, "scanner_elsewhere": 200}
HANDSHAKES = [
    Row("POST", "/api/handshake/execute", _SCAN, lambda own: {"qrData": own["code"]}),
    # Says what a scan would be refused with, so whoever has a post is answered.
    Row("POST", "/api/handshake/preview", _PREVIEW, lambda own: {"qrData": own["code"]}),
    Row(
        "POST",
        "/api/handshake/check-in",
        staff(
            200,
            "owner manager scanner",
            foreign="scanner_not_at_outlet",
            elsewhere="scanner_not_at_outlet",
            key=True,
        ),
        lambda own: {"code": own["card"], "outletId": str(own["outlet_id"])},
    ),
    Row("GET", "/api/user/check-in-code", riders(200)),
    Row(
        "GET",
        "/api/handshake/{handshake_id}",
        riders(200, foreign="unknown_handshake")
        | staff(
            200,
            EVERY_ROLE,
            foreign="unknown_handshake",
            elsewhere="unknown_handshake",
            key=True,
        ),
    ),
    Row(
        "POST",
        "/api/handshake/{handshake_id}/reverse",
        staff(
            201,
            "owner manager",
            foreign="unknown_handshake",
            elsewhere="unknown_handshake",
            key=True,
        ),
        {"reason": "Wrong table"},
    ),
    Row(
        "POST",
        "/api/handshake/{handshake_id}/dispute",
        riders(201, foreign="unknown_handshake")
        | staff(201, "owner manager", foreign="unknown_handshake", elsewhere="unknown_handshake"),
        {"reason": "Nobody came"},
    ),
    Row("GET", "/api/transactions", staff(200, "owner manager accountant", key=True)),
    Row("GET", "/api/analytics", staff(200, "owner manager accountant", key=True)),
]
ROWS = [
    *PLATFORM,
    *ACCOUNTS,
    *PRIVACY,
    *MERCHANTS,
    *JOINING,
    *BILLING,
    *PAYMENTS,
    *PLANS,
    *CAMPAIGNS,
    *RIDES,
    *JOURNEYS,
    *TICKETS,
    *NOTIFICATIONS,
    *HANDSHAKES,
    *JUDGING,
]
