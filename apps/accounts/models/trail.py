"""The trail of what was done in people's names."""

from django.db import models

from uma.kernel.guards import append_only
from uma.kernel.ids import new_id


class AuditEvent(models.Model):
    """One sensitive act: who did what to which object, why, and what changed. Append-only."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    action = models.CharField(max_length=64)
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=64)
    actor_id = models.UUIDField(null=True)
    reason = models.CharField(max_length=500, blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    address = models.GenericIPAddressField(null=True)
    # The request or message that it was done in; what its log lines carry.
    request_id = models.CharField(max_length=80, blank=True, db_default="")
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["object_id", "-at"], name="accounts_audit_of_object"),
            models.Index(
                fields=["actor_id", "-at"],
                condition=models.Q(actor_id__isnull=False),
                name="accounts_audit_of_actor",
            ),
            models.Index(fields=["-at"], name="accounts_audit_newest"),
        ]
        triggers = [append_only("accounts_audit_append_only")]

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_id}"
