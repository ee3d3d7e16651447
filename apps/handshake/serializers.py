"""The shapes of the handshake on the wire."""

from typing import Any

from rest_framework import serializers

from apps.handshake.check_ins import CheckedIn
from apps.handshake.models import Dispute, Handshake, Reversal
from apps.handshake.selectors import TransactionLine
from apps.handshake.services import Executed, Preview
from apps.merchants.selectors import pseudonym_id
from uma.kernel.http.fields import PointSerializer, RupeesField, TextField
from uma.kernel.http.serializers import StrictSerializer
from uma.kernel.money import rupees


class ScanRequest(StrictSerializer[Any]):
    qr_data = TextField(required=False, max_length=64, help_text="The text of the rider's QR code.")
    code = TextField(
        required=False, max_length=6, help_text="The six spoken digits, in place of `qrData`."
    )
    outlet_id = serializers.UUIDField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Where the scanner stands, for staff of several outlets.",
    )
    bill_amount = RupeesField(
        required=False, allow_null=True, default=None, help_text="The customer's bill in rupees."
    )
    location = PointSerializer(required=False, allow_null=True, default=None)
    scanned_at = serializers.DateTimeField(
        required=False,
        allow_null=True,
        default=None,
        help_text="When the device read `qrData`, for scans that waited for a network: up to ten"
        " minutes. A repeat with the same Idempotency-Key says the same instant.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:  # Any: DRF's signature
        if ("qr_data" in attrs) == ("code" in attrs):
            raise serializers.ValidationError(
                {"qr_data": ["Send either qrData or the six-digit code."]}
            )
        return attrs


class CheckInRequest(StrictSerializer[Any]):
    code = TextField(max_length=64, help_text="The text of the rider's check-in code.")
    outlet_id = serializers.UUIDField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Where it is, for staff of several outlets.",
    )
    bill_amount = RupeesField(
        min_paise=1,
        required=False,
        allow_null=True,
        default=None,
        help_text="The customer's bill in rupees.",
    )


class CheckInFacts(serializers.Serializer[object]):
    id = serializers.UUIDField()
    outlet_id = serializers.UUIDField()
    customer = serializers.UUIDField(help_text="The customer, as this merchant alone sees it.")
    is_new_customer = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class CheckInResponse(serializers.Serializer[object]):
    success = serializers.BooleanField()
    message = serializers.CharField()
    already_checked_in = serializers.BooleanField()
    check_in = CheckInFacts()


class CardResponse(serializers.Serializer[object]):
    code = serializers.CharField(help_text="The text to draw as a QR code; another one each time.")
    good_until = serializers.DateTimeField()


def check_in_response(done: CheckedIn) -> dict[str, object]:
    """Return a check-in as the merchant sees it."""
    noted = done.check_in
    return {
        "success": True,
        "message": "Checked in today already." if done.repeated else "Checked in.",
        "already_checked_in": done.repeated,
        "check_in": {
            "id": noted.pk,
            "outlet_id": noted.outlet_id,
            "customer": pseudonym_id(merchant_id=noted.merchant_id, rider_id=noted.rider_id),
            "is_new_customer": noted.is_new_customer,
            "created_at": noted.created_at,
        },
    }


class Amounts(serializers.Serializer[object]):
    reimbursement = RupeesField()
    platform_fee = RupeesField()
    cpa = RupeesField()
    gst = RupeesField()
    merchant_debit = RupeesField()
    released = RupeesField()


class HandshakeFacts(serializers.Serializer[object]):
    id = serializers.UUIDField()
    booking_id = serializers.UUIDField()
    is_new_customer = serializers.BooleanField()
    review = serializers.BooleanField(
        help_text="True while the reimbursement waits for a look; the discount applies at once."
    )
    created_at = serializers.DateTimeField()
    amounts = Amounts()


class ExecuteResponse(serializers.Serializer[object]):
    success = serializers.BooleanField()
    apply_discount = serializers.CharField(help_text="What to take off the bill: `10%`.")
    message = serializers.CharField()
    cashback_amount = RupeesField()
    already_redeemed = serializers.BooleanField(
        required=False,
        help_text="Present and true when this booking was settled by an earlier scan.",
    )
    handshake = HandshakeFacts()


class FailingRule(serializers.Serializer[object]):
    code = serializers.CharField()
    title = serializers.CharField()
    detail = serializers.CharField()
    status = serializers.IntegerField()


class PreviewResponse(serializers.Serializer[object]):
    success = serializers.BooleanField()
    redeemable = serializers.BooleanField()
    failures = FailingRule(many=True)
    apply_discount = serializers.CharField()
    cashback_amount = RupeesField()
    is_new_customer = serializers.BooleanField()
    review = serializers.BooleanField()
    booking_id = serializers.UUIDField()
    amounts = Amounts()


class ReverseRequest(StrictSerializer[Any]):
    reason = TextField(max_length=500)
    amount = RupeesField(
        required=False,
        allow_null=True,
        default=None,
        min_paise=1,
        help_text="A part of the reimbursement in rupees; without it all is returned, fees too.",
    )


class SuccessField(serializers.BooleanField):
    """The member `success: true`, which no row has."""

    def get_attribute(self, instance: object) -> bool:  # noqa: ARG002 — DRF's signature
        return True


class ReverseResponse(serializers.Serializer[object]):
    success = SuccessField()
    id = serializers.UUIDField()
    handshake_id = serializers.UUIDField()
    full = serializers.BooleanField()
    reimbursement = RupeesField(source="reimbursement_paise")
    merchant_credit = RupeesField(source="merchant_credit_paise")
    rider_owes = RupeesField(source="receivable_paise")
    created_at = serializers.DateTimeField()


class DisputeRequest(StrictSerializer[Any]):
    reason = TextField(max_length=500)


class DisputeResponse(serializers.Serializer[object]):
    success = SuccessField()
    id = serializers.UUIDField()
    handshake_id = serializers.UUIDField()
    state = serializers.CharField()
    parked = RupeesField(source="parked_paise")
    opened_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(help_text="A person decides by then.")


class TransactionResponse(serializers.Serializer[TransactionLine]):
    id = serializers.UUIDField()
    user_id = serializers.UUIDField(
        help_text="A pseudonym: the same person, to this merchant only."
    )
    user_name = serializers.CharField()
    amount = RupeesField(source="amount_paise")
    type = serializers.ChoiceField(choices=["reimbursement", "cpt", "cpa", "gst"])
    timestamp = serializers.DateTimeField()
    is_new_customer = serializers.BooleanField()
    handshake_id = serializers.UUIDField()


# The answers below are plain functions because a scan is the hottest path of the platform; a contract
# test holds each against the serializer that documents it.


def percent(bps: int) -> str:
    """Return `1000` as `10%`, `1250` as `12.5%`."""
    return f"{rupees(bps)}%"


def execute_response(executed: Executed) -> dict[str, object]:
    """Return the answer to a scan; a function of the handshake row alone, so that it can be repeated."""
    handshake = executed.handshake
    discount = percent(handshake.discount_bps)
    answer: dict[str, object] = {
        "success": True,
        "apply_discount": discount,
        "message": (
            f"Verified! Apply {discount} discount" if handshake.discount_bps else "Verified!"
        ),
        "cashback_amount": rupees(handshake.reimbursement_paise),
        "handshake": handshake_facts(handshake),
    }
    if executed.repeated:
        answer["already_redeemed"] = True
    return answer


def handshake_facts(handshake: Handshake) -> dict[str, object]:
    return {
        "id": handshake.id,
        "booking_id": handshake.booking_id,
        "is_new_customer": handshake.is_new_customer,
        "review": handshake.review,
        "created_at": handshake.created_at,
        "amounts": {
            "reimbursement": rupees(handshake.reimbursement_paise),
            "platform_fee": rupees(handshake.cpt_fee_paise),
            "cpa": rupees(handshake.cpa_fee_paise),
            "gst": rupees(handshake.gst_paise),
            "merchant_debit": rupees(handshake.merchant_debit_paise),
            "released": rupees(handshake.released_paise),
        },
    }


def preview_response(preview: Preview) -> dict[str, object]:
    price = preview.settlement
    return {
        "success": True,
        "redeemable": not preview.failures,
        "failures": [
            {
                "code": refusal.code,
                "title": refusal.title,
                "detail": refusal.detail,
                "status": refusal.status,
            }
            for refusal in preview.failures
        ],
        "apply_discount": percent(preview.booking.discount_bps),
        "cashback_amount": rupees(price.reimbursement_paise),
        "is_new_customer": preview.is_new,
        "review": preview.review,
        "booking_id": preview.booking.id,
        "amounts": {
            "reimbursement": rupees(price.reimbursement_paise),
            "platform_fee": rupees(price.cpt_fee_paise),
            "cpa": rupees(price.cpa_fee_paise),
            "gst": rupees(price.gst_paise),
            "merchant_debit": rupees(price.merchant_debit_paise),
            "released": rupees(price.released_paise),
        },
    }


def reverse_response(reversal: Reversal) -> dict[str, object]:
    return dict(ReverseResponse(reversal).data)


def dispute_response(dispute: Dispute) -> dict[str, object]:
    return dict(DisputeResponse(dispute).data)
