"""Which of the platform's own people may do what, and where."""

from django.db import models
from django.db.models import Q

from apps.accounts.models.people import User
from uma.kernel.ids import new_id


class OperatorRole(models.Model):
    """
    One person in one role, in one zone or in all of them; live until it is revoked, and kept after.

    What a role may do stands in `apps.accounts.roles`, in code.
    """

    class Role(models.TextChoices):
        SUPPORT = "support"
        REVIEWER = "reviewer"
        FINANCE = "finance"
        CITY_MANAGER = "city_manager"
        ADMINISTRATOR = "administrator"
        ANALYST = "analyst"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="operator_roles")
    role = models.CharField(max_length=13, choices=Role)
    # Empty means every zone.
    zone_code = models.CharField(max_length=8, blank=True)
    granted_by = models.UUIDField(null=True)
    granted_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        permissions = [("grant_operator_role", "May give and take the roles of operators")]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "zone_code"],
                condition=Q(revoked_at__isnull=True),
                name="accounts_operator_role_live_once",
            ),
            models.CheckConstraint(
                condition=Q(
                    role__in=[
                        "support",
                        "reviewer",
                        "finance",
                        "city_manager",
                        "administrator",
                        "analyst",
                    ]
                ),
                name="accounts_operator_role_known",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True) | Q(revoked_at__gte=models.F("granted_at")),
                name="accounts_operator_role_revoked_after_granted",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} in {self.zone_code or 'every zone'}"
