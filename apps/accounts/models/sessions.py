"""Who is signed in, on which device, and the secrets that carry a sign-in on."""

from django.db import models
from django.db.models import F, Q

from uma.kernel.ids import new_id

# A SHA-256 in hex.
DIGEST_CHARS = 64


class Session(models.Model):
    """
    One sign-in on one device: the family of all refresh tokens that descend from it.

    It ends once, for a reason, and never begins again. The row outlives the person's, so that a
    token of somebody who was deleted still finds out.
    """

    class Role(models.TextChoices):
        RIDER = "rider"
        MERCHANT = "merchant"
        OPERATOR = "operator"

    class Platform(models.TextChoices):
        UNKNOWN = ""
        ANDROID = "ANDROID"
        IOS = "IOS"
        WEB = "WEB"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(
        "accounts.User", models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    role = models.CharField(max_length=8, choices=Role)
    # SHA-256 of the installation's own id; empty when it named none.
    device_hash = models.CharField(max_length=DIGEST_CHARS, blank=True)
    label = models.CharField(max_length=80, blank=True)
    platform = models.CharField(max_length=7, choices=Platform, blank=True)
    # Both coarse: the network of the address, and the program without its version.
    address = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField()
    # When the person last proved who they are, which a refresh does not.
    authenticated_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    # The columns that change stand last: PostgreSQL then logs only this tail of an updated row.
    last_used_at = models.DateTimeField()
    # Until when it must be used again; null where only `expires_at` ends it.
    idle_until = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_reason = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=["rider", "merchant", "operator"]),
                name="accounts_session_role_known",
            ),
            models.CheckConstraint(
                condition=Q(platform__in=["", "ANDROID", "IOS", "WEB"]),
                name="accounts_session_platform_known",
            ),
            models.CheckConstraint(
                condition=Q(device_hash="") | Q(device_hash__regex=r"^[0-9a-f]{64}$"),
                name="accounts_session_device_hashed",
            ),
            models.CheckConstraint(
                condition=Q(
                    expires_at__gt=F("created_at"),
                    last_used_at__gte=F("created_at"),
                    authenticated_at__lte=F("created_at"),
                ),
                name="accounts_session_times_in_order",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_reason="")
                | (Q(revoked_at__isnull=False) & ~Q(revoked_reason="")),
                name="accounts_session_revoked_for_a_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["user", "-last_used_at"],
                condition=Q(revoked_at__isnull=True),
                name="accounts_session_live",
            ),
            models.Index(
                fields=["revoked_at"],
                condition=Q(revoked_at__isnull=False),
                name="accounts_session_revoked",
            ),
            models.Index(fields=["expires_at"], name="accounts_session_expiry"),
        ]
        permissions = [("sign_out", "May sign people out")]

    def __str__(self) -> str:
        return f"{self.role} {self.pk}"


class RefreshToken(models.Model):
    """
    One secret of a session, kept as its digest: used once, and then replaced by its successor.

    Of a session one token at most is unused, so that a session never has two lines of descent.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    session = models.ForeignKey(
        Session, on_delete=models.CASCADE, related_name="tokens", db_index=False
    )
    digest = models.CharField(max_length=DIGEST_CHARS)
    issued_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["digest"], name="accounts_refreshtoken_digest_once"),
            models.UniqueConstraint(
                fields=["session"],
                condition=Q(used_at__isnull=True),
                name="accounts_refreshtoken_one_unused",
            ),
            models.CheckConstraint(
                condition=Q(digest__regex=r"^[0-9a-f]{64}$"),
                name="accounts_refreshtoken_hashed",
            ),
            models.CheckConstraint(
                condition=Q(used_at__isnull=True) | Q(used_at__gte=F("issued_at")),
                name="accounts_refreshtoken_used_after_issue",
            ),
        ]
        indexes = [
            # What the purge walks along.
            models.Index(fields=["session", "issued_at"], name="accounts_refreshtoken_line")
        ]

    def __str__(self) -> str:
        return str(self.pk)
