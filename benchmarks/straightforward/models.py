"""The control's own tables: a balance a row, an entry a movement."""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models


class _Row(models.Model):
    # Said here because this app is no part of the platform's settings, which the types come from.
    objects: ClassVar[models.Manager[Any]]  # Any: as above

    class Meta:
        abstract = True


class Shop(_Row):
    """A merchant with its one outlet."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)

    class Meta:
        app_label = "straightforward"

    def __str__(self) -> str:
        return self.name


class Post(_Row):
    """A person who scans for a shop."""

    shop_id: uuid.UUID
    shop = models.ForeignKey(Shop, on_delete=models.PROTECT)
    user_id: uuid.UUID
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        app_label = "straightforward"

    def __str__(self) -> str:
        return f"{self.user_id} at {self.shop_id}"


class Wallet(_Row):
    """The balance of one shop, rider or fee account, in paise."""

    owner_id = models.UUIDField(unique=True)
    balance_paise = models.BigIntegerField(default=0)

    class Meta:
        app_label = "straightforward"

    def __str__(self) -> str:
        return f"{self.owner_id}: {self.balance_paise}"


class Ride(_Row):
    """A booking with the terms of its deal."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    ref = models.CharField(max_length=13, unique=True)
    rider_id: uuid.UUID
    rider = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    shop_id: uuid.UUID
    shop = models.ForeignKey(Shop, on_delete=models.PROTECT)
    status = models.CharField(max_length=12, default="booked")
    discount_bps = models.PositiveIntegerField(default=1000)
    cap_paise = models.BigIntegerField(default=150_00)
    cpt_fee_paise = models.BigIntegerField(default=20_00)
    cpa_fee_paise = models.BigIntegerField(default=50_00)
    gst_bps = models.PositiveIntegerField(default=1800)
    expires_at = models.DateTimeField()
    redeemed_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "straightforward"

    def __str__(self) -> str:
        return self.ref


class FirstVisit(_Row):
    """Who was whose customer first."""

    shop_id: uuid.UUID
    shop = models.ForeignKey(Shop, on_delete=models.PROTECT)
    rider_id: uuid.UUID
    rider = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        app_label = "straightforward"
        constraints = [
            models.UniqueConstraint(fields=["shop", "rider"], name="straightforward_first_once")
        ]

    def __str__(self) -> str:
        return f"{self.rider_id} at {self.shop_id}"


class Settlement(_Row):
    """One redeemed ride."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    ride_id: uuid.UUID
    ride = models.OneToOneField(Ride, on_delete=models.PROTECT)
    shop_id: uuid.UUID
    shop = models.ForeignKey(Shop, on_delete=models.PROTECT)
    actor_id: uuid.UUID
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    is_new_customer = models.BooleanField()
    reimbursement_paise = models.BigIntegerField()
    cpt_fee_paise = models.BigIntegerField()
    cpa_fee_paise = models.BigIntegerField()
    gst_paise = models.BigIntegerField()
    request_key = models.CharField(max_length=255)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "straightforward"
        constraints = [
            models.UniqueConstraint(
                fields=["actor", "request_key"], name="straightforward_key_once"
            )
        ]

    def __str__(self) -> str:
        return f"settlement of {self.ride_id}"

    @property
    def debit_paise(self) -> int:
        return self.reimbursement_paise + self.cpt_fee_paise + self.cpa_fee_paise + self.gst_paise


class Entry(_Row):
    """One movement of one wallet; fees and tax name no wallet, so that no row is everybody's."""

    settlement_id: uuid.UUID
    settlement = models.ForeignKey(Settlement, on_delete=models.PROTECT)
    wallet_id: int
    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, null=True)
    kind = models.CharField(max_length=16)
    amount_paise = models.BigIntegerField()
    balance_after_paise = models.BigIntegerField(null=True)

    class Meta:
        app_label = "straightforward"

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_paise}"
