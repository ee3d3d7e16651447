"""Boosts: a week of being listed first, in a limited number of slots of each tile of the map."""

import pgtrigger
from django.db import models
from django.db.models import F, Q

from apps.campaigns.models.offers import Campaign
from uma.kernel.guards import refuse
from uma.kernel.ids import new_id


class BoostTile(models.Model):
    """One tile of a zone's map: the row on which all who want a slot there queue."""

    id = models.BigAutoField(primary_key=True)
    zone_code = models.CharField(max_length=8)
    # A geohash (uma.kernel.geohash).
    tile = models.CharField(max_length=12)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["zone_code", "tile"], name="campaigns_boost_tile_once")
        ]

    def __str__(self) -> str:
        return f"{self.zone_code} {self.tile}"


class Boost(models.Model):
    """
    A week in which a campaign is listed first; what it cost, and what of it went back.

    LIVE until its week is over (OVER) or it is stopped early (STOPPED), when the price of the whole
    days that were left is returned. One journal each.
    """

    class State(models.TextChoices):
        LIVE = "LIVE"
        OVER = "OVER"
        STOPPED = "STOPPED"

    class Because(models.TextChoices):
        MERCHANT = "MERCHANT", "the merchant stopped it"
        CAMPAIGN = "CAMPAIGN", "the campaign ended"
        DESK = "DESK", "an operator stopped it"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="boosts")
    state = models.CharField(max_length=7, choices=State, default=State.LIVE)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    # One slot in each tile where the campaign is listed.
    tiles = models.PositiveIntegerField()
    slot_paise = models.BigIntegerField(help_text="What a slot cost, after the plan's discount.")
    price_paise = models.BigIntegerField()
    gst_bps = models.PositiveIntegerField()
    cgst_paise = models.BigIntegerField()
    sgst_paise = models.BigIntegerField()
    igst_paise = models.BigIntegerField()
    journal_id = models.UUIDField(unique=True)
    bought_by = models.UUIDField()
    # Null when nobody sent a key: the unique pair then binds nothing.
    request_key = models.CharField(max_length=255, null=True)  # noqa: DJ001
    request_fingerprint = models.BinaryField(null=True)
    closed_at = models.DateTimeField(null=True)
    stopped_because = models.CharField(max_length=8, choices=Because, blank=True)
    unused_days = models.PositiveSmallIntegerField(default=0)
    refund_paise = models.BigIntegerField(default=0)
    refund_cgst_paise = models.BigIntegerField(default=0)
    refund_sgst_paise = models.BigIntegerField(default=0)
    refund_igst_paise = models.BigIntegerField(default=0)
    refund_journal_id = models.UUIDField(null=True, unique=True)

    class Meta:
        permissions = [("stop_boost", "May stop a boost and return what was not used")]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign"], condition=Q(state="LIVE"), name="campaigns_boost_live_once"
            ),
            models.UniqueConstraint(
                fields=["bought_by", "request_key"], name="campaigns_boost_request_once"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at"), tiles__gte=1, slot_paise__gte=1)
                & Q(price_paise=F("slot_paise") * F("tiles")),
                name="campaigns_boost_in_range",
            ),
            models.CheckConstraint(
                condition=Q(cgst_paise__gte=0, sgst_paise=F("cgst_paise"), igst_paise=0)
                | Q(cgst_paise=0, sgst_paise=0, igst_paise__gte=0),
                name="campaigns_boost_tax",
            ),
            models.CheckConstraint(
                condition=Q(state="LIVE", closed_at=None, stopped_because="")
                | Q(state="OVER", closed_at__isnull=False, stopped_because="")
                | Q(
                    state="STOPPED",
                    closed_at__isnull=False,
                    stopped_because__in=["MERCHANT", "CAMPAIGN", "DESK"],
                ),
                name="campaigns_boost_state_whole",
            ),
            models.CheckConstraint(
                condition=Q(
                    unused_days=0,
                    refund_paise=0,
                    refund_cgst_paise=0,
                    refund_sgst_paise=0,
                    refund_igst_paise=0,
                    refund_journal_id=None,
                )
                | Q(
                    state="STOPPED",
                    unused_days__gte=1,
                    refund_paise__gte=1,
                    refund_paise__lte=F("price_paise"),
                    refund_cgst_paise__range=(0, F("cgst_paise")),
                    refund_sgst_paise__range=(0, F("sgst_paise")),
                    refund_igst_paise__range=(0, F("igst_paise")),
                    refund_journal_id__isnull=False,
                ),
                name="campaigns_boost_refund_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["ends_at"], condition=Q(state="LIVE"), name="campaigns_boost_due")
        ]
        triggers = [
            refuse(
                "campaigns_boost_over_is_over",
                pgtrigger.Update,
                level=pgtrigger.Row,
                condition="OLD.state <> 'LIVE'",
            ),
            refuse("campaigns_boost_never_deleted", pgtrigger.Delete | pgtrigger.Truncate),
        ]

    def __str__(self) -> str:
        return f"boost of {self.campaign_id} from {self.starts_at:%Y-%m-%d}"

    @property
    def total_paise(self) -> int:
        return self.price_paise + self.cgst_paise + self.sgst_paise + self.igst_paise

    @property
    def refund_total_paise(self) -> int:
        return (
            self.refund_paise
            + self.refund_cgst_paise
            + self.refund_sgst_paise
            + self.refund_igst_paise
        )


class BoostSlot(models.Model):
    """
    One numbered slot of a tile, taken by a boost until it is released.

    Numbers run from one to the limit of the day it was sold, and a number is taken once: so many
    slots and no more, whoever writes.
    """

    id = models.BigAutoField(primary_key=True)
    boost = models.ForeignKey(Boost, models.PROTECT, related_name="slots")
    zone_code = models.CharField(max_length=8)
    tile = models.CharField(max_length=12)
    number = models.PositiveSmallIntegerField()
    slots_limit = models.PositiveSmallIntegerField()
    ends_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["zone_code", "tile", "number"],
                condition=Q(released_at=None),
                name="campaigns_boost_slot_taken_once",
            ),
            models.CheckConstraint(
                condition=Q(number__gte=1, number__lte=F("slots_limit")),
                name="campaigns_boost_slot_within_limit",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.zone_code} {self.tile} #{self.number}"
