"""The scanner: its page. What it scans is settled by the API, with a token that the page's script is given."""

from collections.abc import Mapping
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from apps.business.visiting import Visitor, page, show
from apps.merchants import duties
from apps.merchants import selectors as merchants

# WebAssembly is compiled by the page; no text becomes a script by it.
POLICY: Mapping[str, list[str]] = {"script-src": ["'wasm-unsafe-eval'"]}
# Of the pad on which a bill is keyed in, row by row.
KEYS = ("1", "2", "3", "4", "5", "6", "7", "8", "9", ".", "0", "back")


@page(duties.SCAN)
def scan(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show the camera, the field for the spoken digits, and the outlets to choose from."""
    staff = visitor.staff
    outlets = [
        outlet
        for outlet in merchants.open_outlets(merchant_id=staff.merchant_id)
        if staff.covers(outlet.pk)
    ]
    facts = {"outlets": outlets, "keys": KEYS, "words": _words()}
    response = show(request, "scan", facts, visitor=visitor, status=HTTPStatus.OK, policy=POLICY)
    # The one page that needs the camera.
    response.headers["Permissions-Policy"] = (
        "camera=(self), geolocation=(), microphone=(), payment=(), usb=()"
    )
    return response


def _words() -> dict[str, object]:
    """Return what the script says; the refusals in the words of the counter."""
    return {
        "apply": _("Apply %s"),
        "verified": _("Verified"),
        "guest": _("Guest"),
        "is_new": _("New here"),
        "is_known": _("Has been here before"),
        "debit": _("You pay"),
        "cashback": _("Guest gets back"),
        "bill": _("Bill"),
        "off_bill": _("Off the bill"),
        "to_pay": _("Guest pays"),
        "bill_add": _("Bill amount (optional)"),
        "bill_is": _("Bill: %s"),
        "bill_key": _("Key in the bill"),
        "next": _("Next guest"),
        "again": _("This visit was settled before; nothing was paid twice."),
        "review": _("Give the discount. We look at the cashback once more."),
        "refused": _("Not valid"),
        "kept": _("Kept"),
        "kept_how": _("No network. Give the discount that the guest's phone shows."),
        "kept_until": _(
            "This visit is settled by itself when the network is back within ten minutes."
        ),
        "queue_full": _("No room left"),
        "waiting": _("%s waiting for the network"),
        "unreachable": _("The server cannot be reached. Check your connection and try again."),
        "offline_digits": _("Not without a network"),
        "checked_in": _("Checked in"),
        "checked_in_free": _("A visit without a deal: nobody pays."),
        "checked_in_before": _("This guest was checked in here today already."),
        "offline_card": _("No check-in without a network"),
        "six_digits": _("Write all six digits."),
        "refusals": refusal_words(),
    }


def refusal_words() -> dict[str, str]:
    """Return what the counter says to a refusal, by its code."""
    return {
        "qr_stale": _("This is an old picture of the code. Ask the guest to open it anew."),
        "qr_invalid": _("This is no code of UMA."),
        "unknown_code": _("This code is for another business."),
        "deal_waiting": _("This guest has a ticket for here. Ask them to open it."),
        "visit_counted": _("This guest's visit of today is counted already."),
        "outlet_needed": _("Choose above at which outlet you are."),
        "already_redeemed": _("This booking was used before."),
        "booking_expired": _("This booking is over. The guest can book again."),
        "booking_not_live": _("This booking was cancelled or is over."),
        "scanner_not_at_outlet": _("This booking is for another outlet. Choose it above."),
        "ride_not_proven": _(
            "It needs a ride from the guest's ticket, which says what is missing. Just ended? Scan again in a minute."
        ),
        "dropoff_not_here": _(
            "It needs a ride from the ticket that ends here. Just ended? Scan again in a minute."
        ),
        "bill_needed": _("This deal needs the amount of the guest's bill. Key it in."),
        "self_redemption": _("Nobody redeems a booking at their own workplace."),
        "wallet_frozen": _("The business's wallet is frozen. Ask the owner."),
        "campaign_suspended": _("We have stopped this deal; it is not honoured. Ask the owner."),
        "merchant_not_active": _("The business is not active. Ask the owner."),
        "code_unknown": _("No booking has these digits now. Ask for them once more."),
        "code_locked": _("Too many wrong digits. Scan the code instead."),
        "code_unavailable": _("Too many guests wait here for six digits. Scan the code instead."),
        "scanner_not_allowed": _("You may not scan for this business. Ask the owner."),
        "not_a_merchant": _("You may not scan for this business. Ask the owner."),
        "code_ambiguous": _("Two guests have these digits. Scan the code instead."),
    }
