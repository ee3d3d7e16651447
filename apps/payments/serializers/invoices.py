"""Invoices, credit notes and receipt vouchers on the wire."""

from typing import Any

from rest_framework import serializers

from apps.payments.billing import FEES
from apps.payments.models import Document, DocumentKind
from uma.kernel.http.fields import RupeesField
from uma.kernel.money import rupees

KINDS = [kind.lower() for kind in DocumentKind.values]
# A month's sums, and what a line took back, lie beyond the bounds of what a client sends.
WIDE = {"min_paise": -(10**13), "max_paise": 10**13}
BPS_PER_PERCENT = 100


class CorrectedFields(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.CharField()


class InvoiceRow(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=KINDS)
    number = serializers.CharField(help_text="At most sixteen characters: `I/BLR/2627/0042`.")
    month = serializers.CharField(
        allow_null=True,
        help_text="The zone's month that is billed, or in which something was returned: `2026-10`.",
    )
    issued_at = serializers.DateTimeField()
    taxable = RupeesField(**WIDE)
    cgst = RupeesField(**WIDE)
    sgst = RupeesField(**WIDE)
    igst = RupeesField(**WIDE)
    total = RupeesField(
        help_text="With tax; what was passed on to riders is no part of it.", **WIDE
    )
    passed_on = RupeesField(help_text="What went to riders, less what came back.", **WIDE)
    corrects = CorrectedFields(allow_null=True, help_text="The invoice of a credit note.")


class StateFields(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()


class SellerFields(serializers.Serializer[Any]):
    legal_name = serializers.CharField()
    address = serializers.CharField()
    gstin = serializers.CharField()
    state = StateFields()


class BuyerFields(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    legal_name = serializers.CharField()
    brand = serializers.CharField()
    address = serializers.CharField()
    gstin = serializers.CharField(allow_null=True)
    state = StateFields()


class LineFields(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=list(FEES))
    title = serializers.CharField()
    sac = serializers.CharField(help_text="Services Accounting Code.")
    quantity = serializers.IntegerField()
    rate = RupeesField(**WIDE)
    amount = RupeesField(help_text="Quantity times rate; negative where a part came back.", **WIDE)


class TaxFields(serializers.Serializer[Any]):
    name = serializers.ChoiceField(choices=["CGST", "SGST", "IGST"])
    rate = serializers.FloatField(
        allow_null=True, help_text="Percent, where one rate explains the month's tax."
    )
    amount = RupeesField(**WIDE)


class PassedOnFields(serializers.Serializer[Any]):
    title = serializers.CharField()
    count = serializers.IntegerField()
    amount = RupeesField(**WIDE)


class PaidFields(serializers.Serializer[Any]):
    id = serializers.CharField()
    top_up_id = serializers.UUIDField()
    method = serializers.CharField()
    received_at = serializers.DateTimeField()


class InvoiceResponse(InvoiceRow):
    seller = SellerFields()
    buyer = BuyerFields()
    place_of_supply = StateFields()
    lines = LineFields(many=True)
    taxes = TaxFields(many=True)
    reimbursements = PassedOnFields(
        many=True, help_text="Passed on to riders: outside the taxable value, without GST."
    )
    amount_in_words = serializers.CharField()
    payment = PaidFields(allow_null=True, help_text="What a receipt voucher is about.")


def invoice_row(document: Document) -> dict[str, object]:
    """Return a document as a list shows it."""
    corrected = document.corrects
    return {
        "id": document.pk,
        "kind": document.kind.lower(),
        "number": document.number,
        "month": None if document.month is None else f"{document.month:%Y-%m}",
        "issued_at": document.issued_at,
        "taxable": rupees(document.taxable_paise),
        "cgst": rupees(document.cgst_paise),
        "sgst": rupees(document.sgst_paise),
        "igst": rupees(document.igst_paise),
        "total": rupees(document.total_paise),
        "passed_on": rupees(document.pass_through_paise),
        "corrects": corrected and {"id": corrected.pk, "number": corrected.number},
    }


def invoice_response(document: Document) -> dict[str, object]:
    """Return a document as it was issued."""
    said = document.snapshot
    return invoice_row(document) | {
        "seller": said["seller"],
        "buyer": said["buyer"],
        "place_of_supply": said["place_of_supply"],
        "lines": [
            {
                "kind": line["kind"],
                "title": line["title"],
                "sac": line["sac"],
                "quantity": line["quantity"],
                "rate": rupees(line["rate_paise"]),
                "amount": rupees(line["amount_paise"]),
            }
            for line in said["lines"]
        ],
        "taxes": [
            {
                "name": tax["name"],
                "rate": tax["rate_bps"] and tax["rate_bps"] / BPS_PER_PERCENT,
                "amount": rupees(tax["amount_paise"]),
            }
            for tax in said["taxes"]
        ],
        "reimbursements": [
            {
                "title": item["title"],
                "count": item["count"],
                "amount": rupees(item["amount_paise"]),
            }
            for item in said["pass_through"]
        ],
        "amount_in_words": said["words"],
        "payment": said.get("payment"),
    }
