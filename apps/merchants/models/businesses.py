"""Zones, the merchants in them, their outlets and staff, and who visited whom first."""

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import validate_email
from django.db import models
from django.db.models import JSONField, Q, Value

from uma.kernel.crypto.fields import SealedQuerySet, SealedTextField
from uma.kernel.geo import PointField
from uma.kernel.guards import Guard
from uma.kernel.ids import new_id

# Fifteen characters: state, PAN, entity number, Z, check digit (CGST Rules 2017, rule 10).
GSTIN_SHAPE = r"^[0-9]{2}[A-Z]{5}[0-9]{4}[A-Z][1-9A-Z]Z[0-9A-Z]$"
MIN_RADIUS_M, MAX_RADIUS_M = 20, 2000
# One spelling each: riders filter the map by them.
CATEGORIES = (
    "bakery", "bookshop", "cafe", "cinema", "clothing", "electronics", "grocery", "gym", "home",
    "hotel", "pharmacy", "restaurant", "salon", "services", "sports", "stationery",
)  # fmt: skip


class Zone(models.Model):
    """A city where the platform works: its clock, its states for GST, its kill switch."""

    code = models.CharField(primary_key=True, max_length=8)
    name = models.CharField(max_length=80)
    std_city_code = models.CharField(max_length=16)
    # Numeric GST state codes: where the zone lies, and where the platform is registered for it.
    state_code = models.CharField(max_length=2)
    platform_state_code = models.CharField(max_length=2)
    timezone = models.CharField(max_length=40, default="Asia/Kolkata")
    # A GeoJSON polygon, longitude first (RFC 7946); null where the zone is not drawn.
    boundary = models.JSONField(null=True, blank=True)
    bookings_paused_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField()

    class Meta:
        permissions = [("pause_zone", "May stop and reopen bookings in a zone")]

    def __str__(self) -> str:
        return self.name


class Merchant(models.Model):
    """
    A business that funds visits; its wallet lives in the ledger under this id.

    How to reach its people is sealed. Brand, legal name and GSTIN are public facts (on the shop's
    front, on every invoice, in the GST register), and operators search by them.
    """

    class Plan(models.TextChoices):
        BASIC = "BASIC"
        PRO = "PRO"
        ENTERPRISE = "ENTERPRISE"

    class Status(models.TextChoices):
        APPLIED = "APPLIED"
        ACTIVE = "ACTIVE"
        SUSPENDED = "SUSPENDED"
        CLOSED = "CLOSED"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    legal_name = models.CharField(max_length=160)
    brand = models.CharField(max_length=120)
    gstin = models.CharField(max_length=15, blank=True)
    state_code = models.CharField(max_length=2)
    zone = models.ForeignKey(Zone, on_delete=models.PROTECT, related_name="merchants")
    plan = models.CharField(max_length=10, choices=Plan, default=Plan.BASIC)
    status = models.CharField(max_length=9, choices=Status, default=Status.APPLIED)
    email = SealedTextField(
        max_length=254,
        blank=True,
        validators=[validate_email],
        db_column="email_sealed",
        db_default="",
    )
    phone = SealedTextField(max_length=20, blank=True, db_column="phone_sealed", db_default="")
    created_at = models.DateTimeField()
    status_changed_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    objects = SealedQuerySet["Merchant"].as_manager()

    class Meta:
        permissions = [
            ("top_up_merchant", "May credit a merchant's wallet"),
            ("freeze_merchant_wallet", "May freeze and unfreeze a merchant's wallet"),
            ("change_merchant_status", "May activate, suspend and close merchants"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["APPLIED", "ACTIVE", "SUSPENDED", "CLOSED"]),
                name="merchants_merchant_status_known",
            ),
            models.CheckConstraint(
                condition=Q(plan__in=["BASIC", "PRO", "ENTERPRISE"]),
                name="merchants_merchant_plan_known",
            ),
            models.CheckConstraint(
                condition=Q(gstin="") | Q(gstin__regex=GSTIN_SHAPE),
                name="merchants_merchant_gstin_shape",
            ),
            # Of those who may sell: an applicant must not be able to keep a number from its owner.
            models.UniqueConstraint(
                fields=["gstin"],
                condition=Q(status__in=["ACTIVE", "SUSPENDED"]) & ~Q(gstin=""),
                name="merchants_merchant_gstin_once",
            ),
        ]

    def __str__(self) -> str:
        return self.brand


class Outlet(models.Model):
    """One counter where visits are proven: a place, and the radius that counts as there."""

    class Status(models.TextChoices):
        OPEN = "OPEN"
        PAUSED = "PAUSED"
        CLOSED = "CLOSED"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="outlets")
    zone = models.ForeignKey(Zone, on_delete=models.PROTECT, related_name="outlets")
    name = models.CharField(max_length=120)
    category = models.CharField(max_length=40)
    address = models.CharField(max_length=240, blank=True)
    location = PointField()
    radius_m = models.PositiveIntegerField(default=150)
    # [{"dow": 0-6 from Monday, "start": "HH:MM", "end": "HH:MM"}] on the zone's clock; empty says
    # that nobody told.
    hours = models.JSONField(default=list, blank=True, db_default=Value([], JSONField()))
    # Where the outlet was registered, once its pin was corrected: corrections do not add up.
    registered_at = PointField(null=True, blank=True)  # type: ignore[misc]  # typed as never null
    status = models.CharField(max_length=6, choices=Status, default=Status.OPEN)
    created_at = models.DateTimeField()
    status_changed_at = models.DateTimeField()

    class Meta:
        permissions = [("change_outlet_status", "May open, pause and close outlets")]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["OPEN", "PAUSED", "CLOSED"]),
                name="merchants_outlet_status_known",
            ),
            models.CheckConstraint(
                condition=Q(radius_m__gte=MIN_RADIUS_M, radius_m__lte=MAX_RADIUS_M),
                name="merchants_outlet_radius_in_range",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Staff(models.Model):
    """A person who acts for a merchant, at all outlets or the named ones; one active post each."""

    class Role(models.TextChoices):
        OWNER = "OWNER"
        MANAGER = "MANAGER"
        SCANNER = "SCANNER"
        ACCOUNTANT = "ACCOUNTANT"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="staff")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    role = models.CharField(max_length=10, choices=Role)
    # Empty means every outlet of the merchant.
    outlet_ids = ArrayField(models.UUIDField(), default=list, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "staff"
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "user"], name="merchants_staff_once_per_merchant"
            ),
            # A token names a person, not a merchant: with two posts nobody could say whose money a
            # scan may move.
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(is_active=True),
                name="merchants_staff_one_active_post",
            ),
            models.CheckConstraint(
                condition=Q(role__in=["OWNER", "MANAGER", "SCANNER", "ACCOUNTANT"]),
                name="merchants_staff_role_known",
            ),
        ]
        triggers = [
            Guard(
                name="merchants_staff_keeps_an_owner",
                runs="merchants_keep_an_owner",
                operation=pgtrigger.Update,
                when=pgtrigger.After,
                condition="OLD.role = 'OWNER' AND OLD.is_active AND (NEW.role <> 'OWNER'"
                " OR NOT NEW.is_active OR NEW.merchant_id <> OLD.merchant_id)",
            ),
            Guard(
                name="merchants_staff_deletes_no_owner",
                runs="merchants_keep_an_owner",
                operation=pgtrigger.Delete,
                when=pgtrigger.After,
                condition="OLD.role = 'OWNER' AND OLD.is_active",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} ({self.role.lower()})"


class FirstVisit(models.Model):
    """The visit that made a person this merchant's customer; the unique pair decides who is new."""

    id = models.BigAutoField(primary_key=True)
    # Plain columns: the row is inserted in the hottest statement, and a foreign key would cost it a
    # look-up each.
    merchant_id = models.UUIDField()
    person_id = models.UUIDField()
    booking_id = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["merchant_id", "person_id"], name="merchants_first_visit_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_id} at {self.merchant_id}"
