"""The shapes of bookings and of a rider's own account on the wire."""

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rest_framework import serializers

from apps.campaigns.pricing import GeofencePolicy, ProofPolicy
from apps.payments.selectors import Reason
from apps.rides import pictures, qr
from apps.rides.models import Booking
from uma.kernel.http.fields import PointSerializer, RupeesField
from uma.kernel.http.serializers import StrictSerializer
from uma.kernel.money import rupees

_State = Booking.State
# Product rule 2.4; the visit of a contested or reversed booking did take place.
_STATUS = {
    _State.BOOKED: "pending_scan",
    _State.REDEEMED: "completed",
    _State.DISPUTED: "completed",
    _State.REVERSED: "completed",
    _State.EXPIRED: "expired",
    _State.CANCELLED: "expired",
    _State.VOIDED: "expired",
}
BPS_PER_PERCENT = 100


class BookRequest(StrictSerializer[object]):
    campaign_id = serializers.UUIDField()
    user_id = serializers.UUIDField(
        required=False, help_text="Nobody books for another: only the caller's own id is accepted."
    )
    outlet_id = serializers.UUIDField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Which outlet of the deal; by default the nearest that is open.",
    )
    location = PointSerializer(
        required=False, allow_null=True, default=None, help_text="Where the rider is."
    )


class RideFields(serializers.Serializer[object]):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=["pending_scan", "completed", "expired"])
    state = serializers.CharField(help_text="The exact state: booked, redeemed, cancelled, …")
    campaign_id = serializers.UUIDField()
    merchant_id = serializers.UUIDField()
    merchant_name = serializers.CharField()
    outlet_id = serializers.UUIDField()
    title = serializers.CharField()
    description = serializers.CharField()
    ride_reimbursement = RupeesField()
    discount = serializers.FloatField(help_text="Percent off the bill.")
    booked_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    redeemed_at = serializers.DateTimeField(allow_null=True)
    guaranteed = serializers.BooleanField(
        help_text="True while the merchant's money is held for this visit."
    )
    proof_policy = serializers.ChoiceField(
        choices=ProofPolicy.values,
        help_text="What the scan asks for: with `ride`, a ride booked for this ticket (`rideId` of a search) that"
        " ended at the outlet within the hour before; with `bill`, the amount of the bill as well.",
    )
    geofence_policy = serializers.ChoiceField(
        choices=GeofencePolicy.values,
        help_text="With `ride_dropoff` the scan asks for a ride booked for this ticket that ended at the outlet.",
    )
    qr_code = serializers.CharField(
        allow_null=True, help_text="The text to show as a QR code; a new one every 15 seconds."
    )
    qr_data_url = serializers.CharField(allow_null=True, help_text="The same as a PNG data URL.")
    spoken_code = serializers.CharField(allow_null=True, help_text="Six digits to say aloud.")
    static_code = serializers.CharField(
        allow_null=True, help_text="The text of a printed code, where the deal allows one."
    )


class RideResponse(RideFields):
    success = serializers.BooleanField()
    ride = RideFields()


class BookedRide(RideFields):
    qr_key = serializers.CharField(
        help_text="The booking's key (base64url, no padding): the phone makes its codes offline."
    )
    qr_key_id = serializers.CharField()
    qr_ref = serializers.CharField()
    qr_step_seconds = serializers.IntegerField()
    server_time = serializers.DateTimeField(help_text="For the phone's clock offset.")


class BookResponse(serializers.Serializer[object]):
    success = serializers.BooleanField()
    ride = BookedRide()


class ProfileResponse(serializers.Serializer[object]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    email = serializers.CharField()
    phone = serializers.CharField()
    wallet = RupeesField()
    strikes = serializers.IntegerField()
    banned_until = serializers.DateTimeField(allow_null=True)
    payouts_from = serializers.DateTimeField(
        allow_null=True, help_text="Until then withdrawals wait; null when they do not."
    )
    payouts_paused_for = serializers.ListField(
        child=serializers.CharField(),
        help_text="new_device, number_changed, account_replaced, long_idle.",
    )
    zone = serializers.CharField()
    created_at = serializers.DateTimeField()


class WalletReason(serializers.Serializer[object]):
    code = serializers.CharField(
        help_text="`too_young` (credits of the last day), `kyc_level`, `payouts_paused`, `owed`,"
        " `frozen`, `no_account_yet`, `payouts_a_day`, `day_limit`, `month_limit`."
    )
    until = serializers.DateTimeField(allow_null=True)
    amount = RupeesField(allow_null=True, help_text="What it keeps back, or what the limit leaves.")


class OverLimitFields(serializers.Serializer[object]):
    amount = RupeesField(help_text="The rider's, and set apart until there is room in the wallet.")
    reasons = WalletReason(
        many=True,
        help_text="`balance_limit`: the wallet may hold no more. `month_credit_limit`: it may be credited no"
        " more before `until`.",
    )
    what_helps = serializers.ListField(
        child=serializers.ChoiceField(choices=["withdraw", "wait", "raise_kyc"]),
        help_text="What brings it into the wallet.",
    )


class WalletResponse(serializers.Serializer[object]):
    balance = RupeesField(help_text="What the rider has.")
    withdrawable = RupeesField(help_text="What can be withdrawn at once, now.")
    least = RupeesField(help_text="The least that a withdrawal may be.")
    reasons = WalletReason(many=True, help_text="Why not all of the balance can be withdrawn.")
    parked = RupeesField(help_text="What waits for a look or a dispute.")
    withdrawing = RupeesField(help_text="What is on its way to the bank.")
    owed = RupeesField(help_text="What the next cashback pays back first.")
    unclaimed = RupeesField(
        help_text="What was set aside while the rider was away for years; `claim` gives it back."
    )
    over_limit = OverLimitFields(help_text="What the rider has over the limits of the wallet.")
    currency = serializers.CharField()


def reason_fields(reasons: Sequence[Reason]) -> list[dict[str, object]]:
    """Return the reasons that keep money back, in rupees."""
    return [
        {
            "code": reason.code,
            "until": reason.until,
            "amount": None if reason.amount_paise is None else rupees(reason.amount_paise),
        }
        for reason in reasons
    ]


# Any: a JSON document.
def ride_fields(booking: Booking, *, keys: qr.Keyring, now: datetime) -> dict[str, Any]:
    """Return a booking as its rider sees it at `now`; codes only while it can be scanned."""
    state = _State(booking.state)
    if state == _State.BOOKED and booking.expires_at <= now:
        state = _State.EXPIRED  # the job has not come by yet
    return _ride(booking, state=state, redeemed_at=booking.redeemed_at, keys=keys, now=now)


# Any: a JSON document.
def _ride(
    booking: Booking,
    *,
    state: Booking.State,
    redeemed_at: datetime | None,
    keys: qr.Keyring,
    now: datetime,
) -> dict[str, Any]:
    live = state == _State.BOOKED
    codes: dict[str, Any] = dict.fromkeys(("qr_code", "qr_data_url", "spoken_code", "static_code"))
    if live and booking.qr_kid in keys.keys:
        codes = _codes(booking, keys=keys, now=now)
    return {
        "id": booking.pk,
        "status": _STATUS[state],
        "state": state.value.lower(),
        "campaign_id": booking.campaign_id,
        "merchant_id": booking.merchant_id,
        "merchant_name": booking.merchant_name,
        "outlet_id": booking.outlet_id,
        "title": booking.title,
        "description": booking.description,
        "ride_reimbursement": rupees(booking.cap_paise),
        "discount": _percent(booking.discount_bps),
        "booked_at": booking.booked_at,
        "expires_at": booking.expires_at,
        "redeemed_at": redeemed_at,
        "guaranteed": live,
        "proof_policy": booking.proof_policy,
        "geofence_policy": booking.geofence_policy,
        **codes,
    }


# Any: a JSON document.
def ride_response(booking: Booking, *, keys: qr.Keyring, now: datetime) -> dict[str, Any]:
    """Return the ride twice, flat and under `ride`: both apps' versions read their own."""
    ride = ride_fields(booking, keys=keys, now=now)
    return {"success": True, **ride, "ride": ride}


# Any: a JSON document.
def book_response(booking: Booking, *, keys: qr.Keyring) -> dict[str, Any]:
    """
    Return the answer to the request that made the booking: the same for ever.

    It shows the booking as it was sold, with the code of that moment, so that a repeat of the
    request gets the same bytes; the phone makes later codes with `qr_key`.
    """
    ride = _ride(booking, state=_State.BOOKED, redeemed_at=None, keys=keys, now=booking.booked_at)
    offline = {
        "qr_key": _device_key(booking, keys=keys),
        "qr_key_id": booking.qr_kid,
        "qr_ref": booking.ref,
        "qr_step_seconds": qr.STEP_SECONDS,
        "server_time": booking.booked_at,
    }
    return {"success": True, "ride": ride | offline}


def _device_key(booking: Booking, *, keys: qr.Keyring) -> str | None:
    # A master key is withdrawn after the last of its bookings has ended.
    if booking.qr_kid not in keys.keys:
        return None
    key = qr.booking_key(keys=keys, kid=booking.qr_kid, ref=booking.ref)
    return urlsafe_b64encode(key).rstrip(b"=").decode("ascii")


# Any: a JSON document.
def _codes(booking: Booking, *, keys: qr.Keyring, now: datetime) -> dict[str, Any]:
    key = qr.booking_key(keys=keys, kid=booking.qr_kid, ref=booking.ref)
    step = qr.step_at(now)
    text = qr.token(key=key, kid=booking.qr_kid, ref=booking.ref, step=step)
    return {
        "qr_code": text,
        "qr_data_url": pictures.data_url(text),
        "spoken_code": qr.spoken_code(key=key, step=step),
        "static_code": qr.static_text(booking.static_id) if booking.static_id else None,
    }


def _percent(bps: int) -> int | float:
    whole, rest = divmod(bps, BPS_PER_PERCENT)
    return whole if rest == 0 else bps / BPS_PER_PERCENT
