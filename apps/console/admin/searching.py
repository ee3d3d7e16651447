"""
One search over everything that has a name outside: by the shape of what was typed, exact, in the operator's zones.

Whoever has a complaint in hand has a code from a ticket, a phone number, a reference from a bank statement or
an identifier from a log: each is looked up where such a thing is kept, by an index. Only names of businesses,
campaigns and cities are searched for parts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib.admin import AdminSite
from django.contrib.admin.utils import quote
from django.http import HttpRequest
from django.urls import reverse

from apps.accounts import selectors as accounts
from uma.kernel.desk import ReadOnlyAdmin
from uma.kernel.errors import PhoneInvalid

MOST_OF_A_KIND = 5
SHORTEST_PART = 3
# Where an identifier of ours, or of a message on the network, may be found.
_BY_ID = (
    ("rides.Booking", "pk"),
    ("handshake.Handshake", "pk"),
    ("handshake.Handshake", "booking_id"),
    ("accounts.User", "pk"),
    ("merchants.Merchant", "pk"),
    ("merchants.Outlet", "pk"),
    ("campaigns.Campaign", "pk"),
    ("wallet.Journal", "pk"),
    ("payments.Payout", "pk"),
    ("payments.TopUp", "pk"),
    ("payments.Document", "pk"),
    ("ondc.Transaction", "pk"),
    ("ondc.RideOrder", "pk"),
    ("ondc.InboundMessage", "pk"),
    ("ondc.Question", "message_id"),
    ("gamification.Strike", "pk"),
    ("gamification.Appeal", "pk"),
    ("notifications.InboxMessage", "pk"),
    ("exports.Export", "pk"),
)
# References as tickets, banks, Razorpay and sellers write them.
_BY_REFERENCE = (
    ("rides.Booking", "ref"),
    ("payments.Payout", "razorpay_id"),
    ("payments.Payout", "utr"),
    ("payments.Payment", "payment_id"),
    ("payments.TopUp", "order_id"),
    ("payments.Prepayment", "payment_id"),
    ("payments.Prepayment", "order_id"),
    ("payments.PaymentDispute", "dispute_id"),
    ("payments.Settlement", "settlement_id"),
    ("payments.Settlement", "utr"),
    ("payments.BankLine", "utr"),
    ("payments.Document", "number"),
    ("ondc.RideOrder", "number"),
    ("ondc.InboundMessage", "message_id"),
    ("ondc.Participant", "subscriber_id"),
    ("merchants.Merchant", "gstin"),
    ("merchants.Zone", "code"),
)
_BY_PART = (
    ("merchants.Merchant", "brand__icontains"),
    ("merchants.Merchant", "legal_name__icontains"),
    ("campaigns.Campaign", "title__icontains"),
    ("merchants.Zone", "name__icontains"),
)


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found: of what kind, what it calls itself, and its page."""

    kind: str
    name: str
    href: str


def find(site: AdminSite, request: HttpRequest, *, typed: str) -> list[Hit]:
    """Return what goes by what was typed, exact finds first, each once, a few of each kind."""
    wanted = " ".join(typed.split())
    if not wanted:
        return []
    hits = [*_exact(site, request, wanted)]
    if not hits and len(wanted) >= SHORTEST_PART:
        hits = [
            hit for model, lookup in _BY_PART for hit in _rows(site, request, model, lookup, wanted)
        ]
    return list(dict.fromkeys(hits))


def _exact(site: AdminSite, request: HttpRequest, wanted: str) -> Iterator[Hit]:
    try:
        key = UUID(wanted)
    except ValueError:
        key = None
    if key is not None:
        for model, lookup in _BY_ID:
            yield from _rows(site, request, model, lookup, key)
    for text in dict.fromkeys((wanted, wanted.upper())):
        for model, lookup in _BY_REFERENCE:
            yield from _rows(site, request, model, lookup, text)
    if (person := _person(wanted)) is not None:
        yield from _rows(site, request, "accounts.User", "pk", person)


def _person(wanted: str) -> UUID | None:
    """Return who signs in with this number: it is sealed, so only the whole of it finds anybody."""
    try:
        found = accounts.person_by_phone(phone=wanted)
    except PhoneInvalid:
        return None
    return None if found is None else found.pk


# Any: a value of whatever column.
def _rows(
    site: AdminSite, request: HttpRequest, model: str, lookup: str, value: Any
) -> Sequence[Hit]:
    of_rows = site.get_model_admin(apps.get_model(model))
    assert isinstance(of_rows, ReadOnlyAdmin), model
    if not of_rows.has_view_permission(request):
        return ()
    name = f"admin:{model.lower().replace('.', '_')}_change"
    return [
        Hit(str(of_rows.opts.verbose_name), str(row), reverse(name, args=[quote(row.pk)]))
        for row in of_rows.get_queryset(request).filter(**{lookup: value})[:MOST_OF_A_KIND]
    ]
