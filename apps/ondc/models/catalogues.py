"""What a city sells, asked of everybody at once and for no rider: each question, and each answer's way in."""

from uuid import uuid4

import pgtrigger
from django.db import models
from django.db.models import F, Q

from apps.ondc.models.inbound import InboundMessage
from uma.kernel.guards import refuse
from uma.kernel.ids import new_id


class CatalogueRefresh(models.Model):
    """
    One broadcast question for a city's whole catalogue (FULL), or for what changed in a span (CHANGES).

    The id is the `transaction_id` of its messages. It is no journey: no rider is in it, and nothing is bought
    by it. What comes of it stands in the document store and may be asked for again at any time. `closed_at` is
    when what was not told again was taken out.
    """

    class Kind(models.TextChoices):
        FULL = "FULL", "everything"
        CHANGES = "CHANGES", "changes"

    class Sale(models.TextChoices):
        RETAIL = "RETAIL", "food and goods"
        BUS = "BUS", "bus"
        METRO = "METRO", "metro"

    class State(models.TextChoices):
        WAITING = "WAITING"
        TAKEN = "TAKEN"
        REFUSED = "REFUSED"
        # Nobody took it while it was of use.
        LOST = "LOST"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    zone_code = models.CharField(max_length=8)
    city = models.CharField(max_length=16)
    sale = models.CharField(max_length=6, choices=Sale)
    kind = models.CharField(max_length=7, choices=Kind)
    domain = models.CharField(max_length=16)
    message_id = models.UUIDField(default=uuid4)
    # The span of CHANGES.
    since = models.DateTimeField(null=True)
    till = models.DateTimeField(null=True)
    # Nobody is named in it.
    body = models.TextField()
    digest = models.CharField(max_length=88)
    url = models.CharField(max_length=600)
    said_at = models.DateTimeField()
    # When its ttl ends.
    until = models.DateTimeField()
    # Whoever asked for it at the desk; none for the clock.
    asked_by = models.UUIDField(null=True)

    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=32, blank=True)
    closed_at = models.DateTimeField(null=True)
    gone_count = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "catalogue refreshes"
        permissions = [("refresh_catalogue", "May have a city's catalogue asked for again")]
        constraints = [
            models.UniqueConstraint(fields=["message_id"], name="ondc_refresh_message_once"),
            models.UniqueConstraint(
                fields=["zone_code", "sale", "kind"],
                condition=Q(closed_at=None),
                name="ondc_refresh_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(message_id=F("id")), name="ondc_refresh_message_not_its_own"
            ),
            models.CheckConstraint(
                condition=Q(kind="FULL", since=None, till=None)
                | Q(kind="CHANGES", sale="RETAIL", since__isnull=False, till__isnull=False)
                & Q(since__lt=F("till")),
                name="ondc_refresh_span_of_changes",
            ),
            models.CheckConstraint(
                condition=Q(sale__in=["RETAIL", "BUS", "METRO"]), name="ondc_refresh_sale_known"
            ),
            models.CheckConstraint(
                condition=Q(until__gt=F("said_at")), name="ondc_refresh_times_in_order"
            ),
            models.CheckConstraint(
                condition=Q(state="WAITING", settled_at__isnull=True)
                | Q(state__in=["TAKEN", "REFUSED", "LOST"], settled_at__isnull=False),
                name="ondc_refresh_settled_at",
            ),
        ]
        indexes = [
            models.Index(
                fields=["zone_code", "sale", "-said_at"], name="ondc_refresh_newest_of_zone"
            ),
        ]
        triggers = [
            refuse(
                "ondc_refresh_said_is_said",
                pgtrigger.UpdateOf(  # type: ignore[no-untyped-call]
                    "id", "zone_code", "city", "sale", "kind", "domain", "message_id", "since", "till",
                    "body", "digest", "url", "said_at", "until", "asked_by",
                ),
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_sale_display()} of {self.zone_code}, {self.said_at:%Y-%m-%d %H:%M}"


class CatalogueAnswer(models.Model):
    """
    One seller's message on its way into the document store: WAITING until it is there, however long that takes.

    Of each message the counts of what it told, of what of that was news, and of what could not be used.
    """

    class State(models.TextChoices):
        WAITING = "WAITING"
        DONE = "DONE"
        # It can not be read, or its bytes are gone: trying again changes nothing.
        FAILED = "FAILED"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    refresh = models.ForeignKey(CatalogueRefresh, models.PROTECT, related_name="answers")
    inbound = models.OneToOneField(InboundMessage, models.PROTECT, related_name="catalogue_answer")
    bpp_id = models.CharField(max_length=255)
    name = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    received_at = models.DateTimeField()
    imported_at = models.DateTimeField(null=True)
    told_count = models.PositiveIntegerField(default=0)
    changed_count = models.PositiveIntegerField(default=0)
    skipped_count = models.PositiveIntegerField(default=0)
    error_code = models.CharField(max_length=32, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="WAITING", imported_at__isnull=True)
                | Q(state__in=["DONE", "FAILED"], imported_at__isnull=False),
                name="ondc_catalogue_answer_imported_at",
            ),
            models.CheckConstraint(
                condition=Q(changed_count__lte=F("told_count")),
                name="ondc_catalogue_answer_counts",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(state="WAITING"),
                name="ondc_catalogue_answer_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bpp_id}, {self.received_at:%Y-%m-%d %H:%M}"
