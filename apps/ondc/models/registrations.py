"""Where a seller app is registered for GST: it decides whether our share is taxed within a state."""

from django.db import models
from django.db.models import Q

from uma.kernel.guards import append_only
from uma.kernel.ids import new_id

# CGST Rules 2017, rule 10.
GSTIN_SHAPE = r"^[0-9]{2}[A-Z]{5}[0-9]{4}[A-Z][1-9A-Z]Z[0-9A-Z]$"


class SellerRegistration(models.Model):
    """
    A seller app's name and GSTIN from an instant on, as its papers say; the network tells neither.

    The last row that has begun is in force; what was booked before keeps its tax.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    bpp_id = models.CharField(max_length=255)
    legal_name = models.CharField(max_length=160)
    gstin = models.CharField(max_length=15)
    effective_from = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        permissions = [("register_seller", "May say where a seller app is registered for GST")]
        constraints = [
            models.UniqueConstraint(
                fields=["bpp_id", "effective_from"], name="ondc_seller_registration_once_from"
            ),
            models.CheckConstraint(
                condition=Q(gstin__regex=GSTIN_SHAPE) & ~Q(legal_name="") & ~Q(bpp_id=""),
                name="ondc_seller_registration_whole",
            ),
        ]
        triggers = [append_only("ondc_seller_registration_append_only")]

    def __str__(self) -> str:
        return f"{self.legal_name} ({self.gstin})"
