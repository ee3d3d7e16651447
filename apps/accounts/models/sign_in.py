"""What a sign-in by phone leaves behind: the Firebase account, spent tokens, devices, pauses."""

from django.db import models
from django.db.models import F, Q

from uma.kernel.guards import append_only
from uma.kernel.ids import new_id

# A SHA-256 in hex.
DIGEST = r"^[0-9a-f]{64}$"
DIGEST_CHARS = 64


class FirebaseIdentity(models.Model):
    """Which Firebase account signs in whom: one each way."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.OneToOneField("accounts.User", models.CASCADE, related_name="+")
    uid = models.CharField(max_length=128)
    linked_at = models.DateTimeField()
    signed_in_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "Firebase identities"
        constraints = [
            models.UniqueConstraint(fields=["uid"], name="accounts_identity_uid_once"),
            models.CheckConstraint(condition=~Q(uid=""), name="accounts_identity_uid_named"),
            models.CheckConstraint(
                condition=Q(signed_in_at__gte=F("linked_at")),
                name="accounts_identity_times_in_order",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class ExchangedToken(models.Model):
    """An ID token that has opened a session, and so opens no other; kept until it has expired."""

    digest = models.CharField(max_length=DIGEST_CHARS, primary_key=True)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(digest__regex=DIGEST), name="accounts_exchangedtoken_hashed"
            )
        ]
        indexes = [models.Index(fields=["expires_at"], name="accounts_exchanged_expiry")]

    def __str__(self) -> str:
        return self.digest[:12]


class KnownDevice(models.Model):
    """An installation on which a person has signed in before, by the digest of its own id."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey("accounts.User", models.CASCADE, related_name="+", db_index=False)
    device_hash = models.CharField(max_length=DIGEST_CHARS)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "device_hash"], name="accounts_knowndevice_once"
            ),
            models.CheckConstraint(
                condition=Q(device_hash__regex=DIGEST), name="accounts_knowndevice_hashed"
            ),
            models.CheckConstraint(
                condition=Q(last_seen_at__gte=F("first_seen_at")),
                name="accounts_knowndevice_times_in_order",
            ),
        ]
        # Who else signed in there.
        indexes = [models.Index(fields=["device_hash"], name="accounts_knowndevice_shared")]

    def __str__(self) -> str:
        return str(self.pk)


class PayoutCooling(models.Model):
    """
    A pause of a person's payouts, because a sign-in looked like somebody else's. Append-only.

    Whoever stole a sign-in waits, and the owner, who was told, has time to end it. The row outlives
    the person's.
    """

    class Reason(models.TextChoices):
        NEW_DEVICE = "new_device"
        NUMBER_CHANGED = "number_changed"
        ACCOUNT_REPLACED = "account_replaced"
        LONG_IDLE = "long_idle"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(
        "accounts.User", models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    reason = models.CharField(max_length=16, choices=Reason)
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    reason__in=["new_device", "number_changed", "account_replaced", "long_idle"]
                ),
                name="accounts_cooling_reason_known",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("begins_at")), name="accounts_cooling_ends"
            ),
        ]
        indexes = [models.Index(fields=["person", "-ends_at"], name="accounts_cooling_latest")]
        triggers = [append_only("accounts_cooling_append_only")]

    def __str__(self) -> str:
        return f"{self.reason} until {self.ends_at}"
