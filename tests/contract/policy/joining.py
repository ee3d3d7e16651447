"""The rows of how businesses, their people and riders' accounts come in."""

from tests.contract.policy.actors import anybody, operators, people, riders, staff
from tests.contract.policy.row import EVERY_ROLE, Row

OUTLET = {
    "name": "Hill Road",
    "category": "cafe",
    "address": "2 Hill Road",
    "location": {"latitude": 13.3525, "longitude": 74.7928},
}
APPLICATION = {
    "legalName": "Hill Foods LLP",
    "brand": "Hill Café",
    "email": "hill@example.org",
    "stateCode": "29",
    "outlets": [OUTLET],
}
_OUTLET = "/api/merchant/outlets/{outlet_id}"
_REVIEWED = "/api/operator/merchants/{merchant_id}"
_MANAGED = staff(200, "owner manager", foreign="unknown_outlet", elsewhere="outlet_not_yours")
_REVIEW = operators(200, foreign="unknown_merchant")
_POSTS = dict.fromkeys(
    ("owner", "manager", "scanner", "accountant", "manager_elsewhere", "scanner_elsewhere",
     "other_owner"),
    "already_on_staff",
)  # fmt: skip
_UNDECIDED = dict.fromkeys((*_POSTS, "no_staff"), "no_application")
# Managers decide about scanners at outlets of their own, and about nobody else.
_STAFFING = "owner manager"

JOINING = [
    Row("GET", "/api/merchant/application", {**_UNDECIDED}),
    Row("POST", "/api/merchant/application", {**_POSTS, "no_staff": 201}, APPLICATION),
    Row("PUT", "/api/merchant/application", {**_UNDECIDED}, APPLICATION),
    Row("GET", "/api/merchant/outlets", staff(200, EVERY_ROLE, key=True)),
    Row(
        "POST",
        "/api/merchant/outlets",
        staff(201, "owner manager", elsewhere="outlet_not_yours"),
        OUTLET,
    ),
    Row("GET", _OUTLET, staff(200, EVERY_ROLE, foreign="unknown_outlet", key=True)),
    Row("PATCH", _OUTLET, _MANAGED, {"name": "Hill Road"}),
    Row(
        "POST",
        f"{_OUTLET}/open",
        _MANAGED,
        {"reason": "Back again"},
        at={"outlet_id": "second_outlet"},
    ),
    Row("POST", f"{_OUTLET}/pause", _MANAGED, {"reason": "Repairs"}),
    Row("POST", f"{_OUTLET}/close", _MANAGED, {"reason": "Moved away"}),
    Row("GET", "/api/merchant/staff", staff(200, _STAFFING)),
    Row(
        "PATCH",
        "/api/merchant/staff/{staff_id}",
        staff(200, _STAFFING, foreign="unknown_staff", elsewhere="role_not_allowed"),
        {"role": "scanner"},
    ),
    Row(
        "DELETE",
        "/api/merchant/staff/{staff_id}",
        staff(204, _STAFFING, foreign="unknown_staff", elsewhere="role_not_allowed"),
    ),
    Row("GET", "/api/merchant/invitations", staff(200, _STAFFING)),
    Row(
        "POST",
        "/api/merchant/invitations",
        staff(201, _STAFFING, elsewhere="role_not_allowed"),
        {"phone": "+919812345670", "role": "scanner"},
    ),
    Row(
        "DELETE",
        "/api/merchant/invitations/{invitation_id}",
        staff(204, _STAFFING, foreign="unknown_invitation", elsewhere="role_not_allowed"),
    ),
    Row("GET", "/api/user/invitations", people(200)),
    Row(
        "POST",
        "/api/user/invitations/{invitation_id}/accept",
        {**people("unknown_invitation"), "rider": 200},
    ),
    Row(
        "POST",
        "/api/user/invitations/{invitation_id}/decline",
        {**people("unknown_invitation"), "rider": 204},
    ),
    Row("GET", "/api/operator/merchants", operators(200)),
    Row("GET", _REVIEWED, _REVIEW),
    Row("POST", f"{_REVIEWED}/approve", _REVIEW, {"revision": 1}),
    Row("POST", f"{_REVIEWED}/send-back", _REVIEW, {"revision": 1, "reason": "No address"}),
    Row("POST", f"{_REVIEWED}/reject", _REVIEW, {"revision": 1, "reason": "Not a shop"}),
]
_MONEY = "owner manager accountant"
PAYMENTS = [
    # Too little to be ordered: Razorpay is not asked.
    Row(
        "POST", "/api/merchant/add-funds", staff("top_up_amount_not_allowed", _MONEY), {"amount": 1}
    ),
    Row("GET", "/api/merchant/balance-rule", staff(200, _MONEY, key=True)),
    Row(
        "PUT",
        "/api/merchant/balance-rule",
        staff(200, "owner manager"),
        {
            "alertBelow": 500,
            "autoTopUp": {"enabled": True, "below": 500, "amount": 1000, "monthlyCap": 5000},
        },
    ),
    Row("GET", "/api/merchant/top-ups", staff(200, _MONEY, key=True)),
    Row(
        "GET",
        "/api/merchant/top-ups/{top_up_id}",
        staff(200, _MONEY, foreign="top_up_not_found", key=True),
    ),
    Row("GET", "/api/user/withdrawals/{payout_id}", riders(200, foreign="payout_not_found")),
    Row(
        "POST",
        "/api/user/withdrawals/{payout_id}/cancel",
        riders(200, foreign="payout_not_found"),
    ),
    Row("POST", "/api/user/wallet/claim", riders(200, closed="account_closed")),
    Row("GET", "/api/user/withdrawals", riders(200)),
    Row(
        "POST",
        "/api/user/withdrawals",
        riders(201, foreign="unknown_fund_account", closed="account_closed"),
        lambda own: {"amount": 100, "fundAccountId": own["payable_account"]},
    ),
    Row(
        "GET",
        "/api/merchant/refunds/{payout_id}",
        staff(200, _MONEY, foreign="payout_not_found", key=True),
        at={"payout_id": "refund"},
    ),
    Row(
        "POST",
        "/api/merchant/refunds/{payout_id}/cancel",
        staff(200, "owner", foreign="payout_not_found"),
        at={"payout_id": "refund"},
    ),
    Row("GET", "/api/merchant/refunds", staff(200, _MONEY, key=True)),
    Row(
        "POST",
        "/api/merchant/refunds",
        staff(201, "owner", foreign="unknown_fund_account"),
        lambda own: {"amount": 100, "fundAccountId": own["merchant_account"]},
    ),
    Row("GET", "/api/merchant/fund-accounts", staff(200, "owner")),
    Row(
        "POST",
        "/api/merchant/fund-accounts",
        staff(201, "owner"),
        {"holderName": "Corner Cafe", "accountNumber": "123456789012", "ifsc": "SBIN0001234"},
    ),
    Row(
        "DELETE",
        "/api/merchant/fund-accounts/{fund_account_id}",
        staff(204, "owner", foreign="unknown_fund_account"),
        at={"fund_account_id": "merchant_account"},
    ),
    Row("GET", "/api/user/fund-accounts", riders(200)),
    Row(
        "POST",
        "/api/user/fund-accounts",
        riders(201),
        {"kind": "vpa", "holderName": "Neha Rao", "vpa": "neha@upi"},
    ),
    Row(
        "DELETE",
        "/api/user/fund-accounts/{fund_account_id}",
        riders(204, foreign="unknown_fund_account"),
    ),
]
PLANS = [
    Row("GET", "/api/plans", anybody(200)),
    Row("GET", "/api/merchant/plan", staff(200, EVERY_ROLE, key=True)),
    Row("POST", "/api/merchant/plan", staff(200, "owner"), {"plan": "pro"}),
    Row("DELETE", "/api/merchant/plan", staff("no_subscription", "owner")),
    Row("POST", "/api/merchant/plan/undo", staff("no_subscription", "owner")),
    Row("GET", "/api/merchant/plan/charges", staff(200, _MONEY, key=True)),
]
