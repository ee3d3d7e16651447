"""The rows of invoices and of what merchants and riders read about their money."""

from tests.contract.policy.actors import riders, staff
from tests.contract.policy.row import Row

_MONEY = "owner manager accountant"
_DOCUMENT = "/api/merchant/invoices/{document_id}"
_READ = staff(200, _MONEY, foreign="invoice_not_found", key=True)

BILLING = [
    Row(
        "POST",
        "/api/merchant/top-ups/{top_up_id}/receipt",
        staff(201, _MONEY, foreign="top_up_not_found"),
        at={"top_up_id": "paid_top_up"},
    ),
    Row("GET", "/api/merchant/invoices", staff(200, _MONEY, key=True)),
    Row("GET", _DOCUMENT, _READ),
    Row("GET", f"{_DOCUMENT}/pdf", _READ, media="application/pdf"),
    Row("GET", "/api/merchant/wallet", staff(200, _MONEY, key=True)),
    Row("GET", "/api/merchant/transactions", staff(200, _MONEY, key=True)),
    # Which period is asked for after who may ask.
    Row("GET", "/api/merchant/statement", staff("invalid_parameter", _MONEY, key=True)),
    Row("GET", "/api/user/statement", riders("invalid_parameter")),
]
