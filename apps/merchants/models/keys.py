"""The keys of merchants' own systems."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.merchants.models.businesses import Merchant
from uma.kernel.ids import new_id


class ApiKey(models.Model):
    """
    A key with which a merchant's own system calls the API; of its secret only the hash is kept.

    Rotation makes a new row: the old key and its successor are both good until the old one expires.
    """

    class Environment(models.TextChoices):
        LIVE = "live"
        TEST = "test"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="api_keys")
    # The readable part of the key: uma_live_<public_id>_<secret>.
    public_id = models.CharField(max_length=8)
    environment = models.CharField(max_length=4, choices=Environment)
    # SHA-256 of the whole key. The secret has 256 random bits: there is nothing to guess, and so
    # nothing that a slow hash would slow down.
    digest = models.BinaryField(max_length=32)
    name = models.CharField(max_length=80)
    scopes = ArrayField(models.CharField(max_length=40))
    # Empty means every outlet of the merchant.
    outlet_ids = ArrayField(models.UUIDField(), default=list, blank=True)
    created_by = models.UUIDField()
    created_at = models.DateTimeField()
    # Coarse: noted some minutes late, so that a request writes nothing.
    last_used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    rotated_from = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="successor"
    )

    class Meta:
        verbose_name = "API key"
        permissions = [("revoke_api_key", "May revoke a merchant's API key")]
        constraints = [
            models.UniqueConstraint(fields=["public_id"], name="merchants_api_key_id_once"),
            models.CheckConstraint(
                condition=Q(environment__in=["live", "test"]),
                name="merchants_api_key_environment_known",
            ),
            models.CheckConstraint(
                condition=Q(public_id__regex=r"^[a-z0-9]{8}$"), name="merchants_api_key_id_shape"
            ),
            models.CheckConstraint(
                condition=Q(scopes__len__gte=1), name="merchants_api_key_opens_something"
            ),
        ]

    def __str__(self) -> str:
        return f"uma_{self.environment}_{self.public_id}"
