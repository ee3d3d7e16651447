"""Invitations to a merchant's staff, by phone number."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.merchants.models.businesses import Merchant, Staff
from uma.kernel.crypto.blind import blind_index
from uma.kernel.crypto.fields import SealedQuerySet, SealedTextField
from uma.kernel.guards import refuse
from uma.kernel.ids import new_id


def invited_phone_index(phone: str) -> str:
    """Return what finds the invitations of an E.164 number."""
    return blind_index(phone, purpose="merchants.invitation.phone")


class Invitation(models.Model):
    """
    A post offered to whoever signs in with a number; one live offer of a merchant for each number.

    Somebody invited may never have heard of us: the number is sealed while the offer stands, and
    both it and its index are gone once it has ended.
    """

    class State(models.TextChoices):
        PENDING = "PENDING"
        ACCEPTED = "ACCEPTED"
        DECLINED = "DECLINED"
        WITHDRAWN = "WITHDRAWN"
        EXPIRED = "EXPIRED"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="invitations", db_index=False
    )
    phone = SealedTextField(max_length=16, blank=True, db_column="phone_sealed", db_default="")
    phone_index = models.CharField(max_length=64, blank=True)
    role = models.CharField(max_length=10, choices=Staff.Role)
    # Empty means every outlet of the merchant.
    outlet_ids = ArrayField(models.UUIDField(), default=list, blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.PENDING)
    invited_by = models.UUIDField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    announced_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.UUIDField(null=True)

    objects = SealedQuerySet["Invitation"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "phone_index"],
                condition=Q(state="PENDING"),
                name="merchants_invitation_live_once",
            ),
            models.CheckConstraint(
                condition=Q(state="PENDING", ended_at=None, phone__blank=False) & ~Q(phone_index="")
                | Q(
                    state__in=["ACCEPTED", "DECLINED", "WITHDRAWN", "EXPIRED"],
                    ended_at__isnull=False,
                    phone__blank=True,
                    phone_index="",
                ),
                name="merchants_invitation_ended_forgets",
            ),
            models.CheckConstraint(
                condition=Q(role__in=["OWNER", "MANAGER", "SCANNER", "ACCOUNTANT"]),
                name="merchants_invitation_role_known",
            ),
        ]
        indexes = [
            models.Index(
                fields=["phone_index"],
                condition=Q(state="PENDING"),
                name="merchants_invitation_for_phone",
            ),
            models.Index(
                fields=["expires_at"],
                condition=Q(state="PENDING"),
                name="merchants_invitation_expiry",
            ),
            models.Index(
                fields=["created_at"],
                condition=Q(state="PENDING", announced_at=None),
                name="merchants_invitation_unsaid",
            ),
        ]
        triggers = [
            refuse(
                "merchants_invitation_ends_once",
                pgtrigger.Update,
                level=pgtrigger.Row,
                condition="OLD.state <> 'PENDING'",
            )
        ]

    def __str__(self) -> str:
        return f"{self.role.lower()} at {self.merchant_id}"
