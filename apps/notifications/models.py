"""What people and merchants are told: inbox, the phones it is pushed to, merchants' webhooks."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.notifications import quiet
from uma.kernel.crypto.fields import SealedQuerySet, SealedTextField
from uma.kernel.ids import new_id

# What fits into a push with its data, in a script of three bytes a letter.
TITLE_MAX, BODY_MAX = 120, 500


class InboxMessage(models.Model):
    """
    One thing said to one person once: `dedupe_key` names the fact, so that a repeat finds this row.

    The row is the message; the push is only its echo on a phone. `next_attempt_at` is when the push
    is due or, while a worker holds it, when its lease ends; `attempts` is that lease's fencing
    number.
    """

    class PushState(models.TextChoices):
        PENDING = "PENDING"
        SENT = "SENT"
        SKIPPED = "SKIPPED"
        FAILED = "FAILED"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    # "family" or "family.detail"; the family decides about quiet hours.
    kind = models.CharField(max_length=64)
    title = models.CharField(max_length=TITLE_MAX)
    body = models.CharField(max_length=BODY_MAX)
    data = models.JSONField(default=dict)
    dedupe_key = models.CharField(max_length=160, unique=True)
    # The zone's time zone, by which the night is told.
    timezone = models.CharField(max_length=40)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    push_state = models.CharField(max_length=8, choices=PushState, default=PushState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    pushed_at = models.DateTimeField(null=True)
    # A code, never the text of a vendor's answer: that may repeat the message.
    last_error = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(push_state__in=["PENDING", "SENT", "SKIPPED", "FAILED"]),
                name="notifications_message_push_known",
            ),
            models.CheckConstraint(
                condition=Q(push_state="SENT", pushed_at__isnull=False)
                | (~Q(push_state="SENT") & Q(pushed_at__isnull=True)),
                name="notifications_message_sent_at",
            ),
        ]
        indexes = [
            models.Index(
                fields=["person", "-created_at", "-id"], name="notifications_inbox_newest"
            ),
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(push_state="PENDING"),
                name="notifications_push_due",
            ),
        ]
        permissions = [("push_again", "Can push a message again")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Device(models.Model):
    """
    One installation of an app, signed in by one person; live while `revoked_at` is null.

    FCM names an installation by `fid`; older apps only know their registration token. Either names
    at most one row, so a phone that changes hands takes its row along.
    """

    class Platform(models.TextChoices):
        ANDROID = "ANDROID"
        IOS = "IOS"
        WEB = "WEB"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    platform = models.CharField(max_length=7, choices=Platform)
    fcm_token = models.CharField(max_length=512, blank=True)
    fid = models.CharField(max_length=64, blank=True)
    # Whose sign-in it registered under; when that ends, nothing more is pushed here.
    session_id = models.UUIDField(null=True)
    last_seen_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_reason = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(platform__in=["ANDROID", "IOS", "WEB"]),
                name="notifications_device_platform_known",
            ),
            models.CheckConstraint(
                condition=~Q(fcm_token="") | ~Q(fid=""), name="notifications_device_addressed"
            ),
            models.UniqueConstraint(
                fields=["fcm_token"],
                condition=~Q(fcm_token=""),
                name="notifications_device_token_once",
            ),
            models.UniqueConstraint(
                fields=["fid"], condition=~Q(fid=""), name="notifications_device_fid_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["person", "-last_seen_at"],
                condition=Q(revoked_at__isnull=True),
                name="notifications_device_live",
            )
        ]

    def __str__(self) -> str:
        return f"{self.platform} {self.pk}"


class Preference(models.Model):
    """
    What one person wants to be pushed and when their night is; without a row it is everything, and the usual night.

    `muted` holds families of kinds. They are in the inbox all the same; what is said about somebody's own
    sign-in is always pushed.
    """

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    muted = ArrayField(models.CharField(max_length=24), default=list)
    # By the clock of each message's zone; equal ends are no night.
    night_begins = models.TimeField(default=quiet.NIGHT_BEGINS)
    night_ends = models.TimeField(default=quiet.NIGHT_ENDS)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(muted__contains=["security"]),
                name="notifications_preference_security_told",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.night_begins}-{self.night_ends}"


class WebhookEndpoint(models.Model):
    """
    Where a merchant's own system listens, and to which events; live until `disabled_at`.

    The sender needs the secret's text to sign with it (Standard Webhooks, symmetric), so it is sealed
    and not hashed. After a rotation both secrets sign until `old_until`. `failures` counts attempts in
    a row that failed; while `paused_until` lies ahead nothing is sent, so that a dead system costs one
    try and not one for each event.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant_id = models.UUIDField()
    url = models.URLField(max_length=500)
    # Event types such as "handshake.success".
    events = ArrayField(models.CharField(max_length=64))
    secret = SealedTextField(max_length=128, blank=True, db_column="secret_sealed", db_default="")
    old_secret = SealedTextField(
        max_length=128, blank=True, db_column="old_secret_sealed", db_default=""
    )
    old_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    failures = models.PositiveIntegerField(default=0, db_default=0)
    failing_since = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True)
    disabled_at = models.DateTimeField(null=True)
    # Why: its owner, five days without an answer, or 410 Gone.
    disabled_reason = models.CharField(max_length=10, blank=True, db_default="")

    objects = SealedQuerySet["WebhookEndpoint"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["merchant_id", "url"],
                condition=Q(disabled_at__isnull=True),
                name="notifications_endpoint_live_once",
            ),
            models.CheckConstraint(
                condition=Q(events__len__gte=1), name="notifications_endpoint_subscribed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.merchant_id} {self.url}"


class WebhookDelivery(models.Model):
    """One event owed to one endpoint, once; the payload is what was true when it happened."""

    class State(models.TextChoices):
        PENDING = "PENDING"
        DELIVERED = "DELIVERED"
        FAILED = "FAILED"
        DISABLED = "DISABLED"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.PROTECT, related_name="deliveries"
    )
    event_id = models.UUIDField()
    type = models.CharField(max_length=64)
    payload = models.JSONField()
    state = models.CharField(max_length=9, choices=State, default=State.PENDING)
    # The fencing number of a lease, as of a message; a replay starts a new series of tries after `tried`.
    attempts = models.PositiveSmallIntegerField(default=0)
    tried = models.PositiveSmallIntegerField(default=0, db_default=0)
    next_attempt_at = models.DateTimeField()
    created_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=40, blank=True)
    last_status = models.PositiveSmallIntegerField(null=True)
    last_ms = models.PositiveIntegerField(null=True)

    class Meta:
        verbose_name_plural = "webhook deliveries"
        permissions = [("replay_webhook_delivery", "May have an event sent to a system again")]
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "event_id"], name="notifications_delivery_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["PENDING", "DELIVERED", "FAILED", "DISABLED"]),
                name="notifications_delivery_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state="DELIVERED", delivered_at__isnull=False)
                | (~Q(state="DELIVERED") & Q(delivered_at__isnull=True)),
                name="notifications_delivery_delivered_at",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(state="PENDING"),
                name="notifications_delivery_due",
            ),
            models.Index(fields=["endpoint", "-id"], name="notifications_delivery_log"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"
