"""The scan as one would write it first: serializers, row locks, a statement for each thing to do."""

from functools import partial
from typing import Any, Protocol

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import NotFound, PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.handshake.tasks import announce
from apps.rides import qr
from benchmarks.straightforward.models import (
    Entry,
    FirstVisit,
    Post,
    Ride,
    Settlement,
    Shop,
    Wallet,
)
from uma.kernel.money import rupees, share_bps

_HALF = 2


class Books(Protocol):
    """What pays: made with both purses locked, asked for the balance, told to write."""

    def __init__(self, ride: Ride) -> None: ...
    def covers(self, amount_paise: int) -> bool: ...
    def enter(self, settlement: Settlement) -> None: ...


class OwnBooks:
    """A balance a row, an entry a movement."""

    def __init__(self, ride: Ride) -> None:
        self.payer = Wallet.objects.select_for_update().get(owner_id=ride.shop_id)
        self.payee = Wallet.objects.select_for_update().get(owner_id=ride.rider_id)

    def covers(self, amount_paise: int) -> bool:
        return bool(self.payer.balance_paise >= amount_paise)

    def enter(self, settlement: Settlement) -> None:
        self.payer.balance_paise -= settlement.debit_paise
        self.payer.save()
        self.payee.balance_paise += settlement.reimbursement_paise
        self.payee.save()
        movements = [
            ("debit", self.payer, -settlement.debit_paise),
            ("reimbursement", self.payee, settlement.reimbursement_paise),
            ("cpt", None, settlement.cpt_fee_paise),
            ("cpa", None, settlement.cpa_fee_paise),
            ("gst", None, settlement.gst_paise),
        ]
        for kind, wallet, amount_paise in movements:
            if amount_paise:
                Entry.objects.create(
                    settlement=settlement,
                    wallet=wallet,
                    kind=kind,
                    amount_paise=amount_paise,
                    balance_after_paise=wallet.balance_paise if wallet else None,
                )


class ScanSerializer(serializers.Serializer[Any]):
    qrData = serializers.CharField(max_length=64)  # noqa: N815  # the wire's name


class ExecuteView(APIView):
    """Settle a scanned ride; a repeat answers with the first result."""

    books: type[Books] = OwnBooks

    def post(self, request: Request) -> Response:
        body = ScanSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        now = timezone.now()
        found = qr.parse(
            body.validated_data["qrData"], keys=qr.keyring(settings.QR_MASTER_KEYS), now=now
        )
        if not isinstance(found, qr.ParsedToken):
            raise ValidationError("Not a rotating code.")
        key = request.headers["Idempotency-Key"]
        earlier = (
            Settlement.objects.select_related("ride")
            .filter(actor=request.user, request_key=key)
            .first()
        )
        if earlier is not None:
            return Response(_answer(earlier), headers={"Idempotent-Replayed": "true"})
        with transaction.atomic():
            return _settle(request, found.ref, key, self.books)


def _settle(request: Request, ref: str, key: str, books: type[Books]) -> Response:
    post = Post.objects.select_related("shop").filter(user=request.user).first()
    if post is None:
        raise PermissionDenied
    ride = Ride.objects.select_for_update().filter(ref=ref, shop=post.shop).first()
    if ride is None:
        raise NotFound
    if ride.status == "redeemed":
        settled = Settlement.objects.select_related("ride").get(ride=ride)
        if settled.request_key == key:
            return Response(_answer(settled), headers={"Idempotent-Replayed": "true"})
        return Response(_answer(settled) | {"alreadyRedeemed": True})
    if ride.status != "booked" or ride.expires_at <= timezone.now() or not post.shop.is_active:
        raise ValidationError("The ride cannot be redeemed.")
    if Post.objects.filter(user=ride.rider_id, shop=post.shop).exists():
        raise PermissionDenied
    paying = books(ride)
    settlement = _priced(request, ride, post.shop, key)
    if not paying.covers(settlement.debit_paise):
        raise ValidationError("The merchant's wallet is short.")
    settlement.save(force_insert=True)
    paying.enter(settlement)
    ride.status = "redeemed"
    ride.redeemed_at = timezone.now()
    ride.save()
    transaction.on_commit(partial(announce.delay, ids=[str(settlement.pk)]))
    return Response(_answer(settlement))


def _priced(request: Request, ride: Ride, shop: Shop, key: str) -> Settlement:
    _, is_new = FirstVisit.objects.get_or_create(shop=shop, rider_id=ride.rider_id)
    cpa_paise = ride.cpa_fee_paise if is_new else 0
    gst_paise = sum(
        _HALF * share_bps(fee, ride.gst_bps // _HALF) for fee in (ride.cpt_fee_paise, cpa_paise)
    )
    return Settlement(
        ride=ride,
        shop=shop,
        actor_id=request.user.pk,
        is_new_customer=is_new,
        reimbursement_paise=ride.cap_paise,
        cpt_fee_paise=ride.cpt_fee_paise,
        cpa_fee_paise=cpa_paise,
        gst_paise=gst_paise,
        request_key=key,
    )


def _answer(settlement: Settlement) -> dict[str, object]:
    discount = f"{rupees(settlement.ride.discount_bps)}%"
    return {
        "success": True,
        "apply_discount": discount,
        "message": f"Verified! Apply {discount} discount",
        "cashbackAmount": rupees(settlement.reimbursement_paise),
        "handshake": {
            "id": str(settlement.pk),
            "bookingId": str(settlement.ride_id),
            "isNewCustomer": settlement.is_new_customer,
            "createdAt": settlement.created_at,
            "amounts": {
                "reimbursement": rupees(settlement.reimbursement_paise),
                "platformFee": rupees(settlement.cpt_fee_paise),
                "cpa": rupees(settlement.cpa_fee_paise),
                "gst": rupees(settlement.gst_paise),
                "merchantDebit": rupees(settlement.debit_paise),
            },
        },
    }
