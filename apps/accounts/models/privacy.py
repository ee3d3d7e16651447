"""What people agreed to, and the copies of their data they asked for."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from uma.kernel.crypto.fields import SealedTextField
from uma.kernel.guards import append_only
from uma.kernel.ids import new_id


class Consent(models.Model):
    """
    One answer of a person to one version of one question. Append-only: the newest row counts.

    DPDP Act 2023, section 6: who asks must be able to show what was agreed to, when, and that it
    was as easy to take back.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    purpose = models.CharField(max_length=40)
    version = models.PositiveSmallIntegerField()
    granted = models.BooleanField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(version__gte=1), name="accounts_consent_version")
        ]
        indexes = [
            models.Index(fields=["person", "purpose", "-at", "-id"], name="accounts_consent_newest")
        ]
        triggers = [
            append_only("accounts_consent_append_only"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.version}: {'yes' if self.granted else 'no'}"


class PersonalDataExport(models.Model):
    """
    A copy of everything kept about one person, made by a job and kept sealed for a day.

    `content` is the sealed archive; it is there exactly while the copy is READY.
    """

    class State(models.TextChoices):
        PENDING = "PENDING"
        READY = "READY"
        EXPIRED = "EXPIRED"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    state = models.CharField(max_length=7, choices=State, default=State.PENDING)
    requested_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    # The archive in base64.
    content = SealedTextField(blank=True)
    size_bytes = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(state="PENDING"), name="accounts_export_one_pending"
            ),
            models.CheckConstraint(
                condition=Q(state="READY", content__blank=False, expires_at__isnull=False)
                | Q(state__in=["PENDING", "EXPIRED"], content__blank=True),
                name="accounts_export_content_while_ready",
            ),
        ]
        indexes = [
            models.Index(fields=["person", "-requested_at"], name="accounts_export_newest"),
            models.Index(
                fields=["requested_at"], condition=Q(state="PENDING"), name="accounts_export_due"
            ),
            models.Index(
                fields=["expires_at"], condition=Q(state="READY"), name="accounts_export_expiring"
            ),
        ]

    def __str__(self) -> str:
        return f"copy of {self.requested_at:%Y-%m-%d}"


class FirebaseDeletion(models.Model):
    """A Firebase account whose person was erased here and that Google has still to forget."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    uid = models.CharField(max_length=128)
    requested_at = models.DateTimeField()
    # When it is tried next or, while a worker is at it, when that worker's time is over.
    next_attempt_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["uid"], name="accounts_firebase_deletion_once")
        ]
        indexes = [models.Index(fields=["next_attempt_at"], name="accounts_firebase_deletion_due")]

    def __str__(self) -> str:
        return str(self.pk)
