"""People, and the trail of what was done in their name."""

from typing import ClassVar

import pgtrigger
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import Q
from django.utils import timezone

from uma.kernel.ids import new_id


class UserManager(BaseUserManager["User"]):
    """What Django's own commands need to make an operator."""

    def create_superuser(self, username: str, password: str) -> "User":
        user = User(
            username=username,
            display_name=username,
            is_staff=True,
            is_superuser=True,
            created_at=timezone.now(),  # noqa: TID251 — Django's command has no clock to pass
        )
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A person: rider, merchant staff or operator. A suspension is a fact about the person."""

    class Status(models.TextChoices):
        ACTIVE = "ACTIVE"
        CLOSED = "CLOSED"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    username = models.CharField(max_length=64, unique=True)
    display_name = models.CharField(max_length=120, blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=20, blank=True)
    zone_code = models.CharField(max_length=8, blank=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.ACTIVE)
    # Until when this person may not book; gamification causes it, this app answers for it.
    banned_until = models.DateTimeField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    objects = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["ACTIVE", "CLOSED"]), name="accounts_user_status_known"
            )
        ]

    def __str__(self) -> str:
        return self.display_name or self.username


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
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["object_type", "object_id", "-at"], name="accounts_audit_object"),
            models.Index(fields=["-at"], name="accounts_audit_newest"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="accounts_audit_append_only",
                operation=pgtrigger.Update | pgtrigger.Delete,
            ),
            pgtrigger.Trigger(
                name="accounts_audit_no_truncate",
                operation=pgtrigger.Truncate,
                when=pgtrigger.Before,
                level=pgtrigger.Statement,
                func="RAISE EXCEPTION 'the audit trail is append-only';",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_id}"
