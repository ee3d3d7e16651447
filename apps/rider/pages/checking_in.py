"""Checking in without a deal: a code of the moment, drawn by the server and drawn anew before it is too old."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.handshake import selectors
from apps.rider.squares import squares
from apps.rider.visiting import Visitor, fragment, page, show
from apps.rides import qr


@page()
def check_in(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show the code, and what it is good for."""
    return show(request, "check_in", _code(visitor), visitor=visitor, tab="person")


@page(live=True)
def code(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show the code of this moment."""
    return fragment(request, "parts/check_in_code", _code(visitor))


def _code(visitor: Visitor) -> dict[str, object]:
    keys = qr.keyring(settings.QR_MASTER_KEYS)
    card = selectors.check_in_card(person_id=visitor.rider_id, keys=keys, now=timezone.now())
    return {"text": card.text, "code": squares(card.text)}
