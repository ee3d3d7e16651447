"""People: riders, staff of merchants, operators."""

from typing import ClassVar

import pgtrigger
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.validators import validate_email
from django.db import models
from django.db.models import Q
from django.utils import timezone

from uma.kernel.crypto.blind import blind_index
from uma.kernel.crypto.fields import SealedQuerySet, SealedTextField
from uma.kernel.guards import Guard
from uma.kernel.ids import new_id

_LEAVES = (
    "(OLD.is_active AND NOT NEW.is_active OR OLD.status = 'ACTIVE' AND NEW.status <> 'ACTIVE')"
)
_RIGHTS_CHANGE = "((OLD.is_staff, OLD.is_superuser) <> (NEW.is_staff, NEW.is_superuser))"


def phone_index(phone: str) -> str | None:
    """Return what finds a person by an E.164 number; None for no number."""
    return blind_index(phone, purpose="accounts.user.phone") if phone else None


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

    def get_queryset(self) -> SealedQuerySet["User"]:
        return SealedQuerySet(self.model, using=self._db)


class User(AbstractBaseUser, PermissionsMixin):
    """
    A person: rider, merchant staff or operator. A suspension is a fact about the person.

    Name, e-mail and phone are sealed. `str()` shows the user name, because it ends up in logs, in
    messages and in the console's own history.
    """

    class Status(models.TextChoices):
        ACTIVE = "ACTIVE"
        CLOSED = "CLOSED"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    username = models.CharField(max_length=64, unique=True)
    display_name = SealedTextField(
        max_length=120, blank=True, db_column="display_name_sealed", db_default=""
    )
    email = SealedTextField(
        max_length=254,
        blank=True,
        validators=[validate_email],
        db_column="email_sealed",
        db_default="",
    )
    # E.164; found by the index alone. Null and not "", which would be one person's.
    phone = SealedTextField(max_length=20, blank=True, db_column="phone_sealed", db_default="")
    phone_index = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001 — as said
    zone_code = models.CharField(max_length=8, blank=True)
    # In which messages are written to this person; empty while nobody knows.
    language = models.CharField(max_length=8, blank=True, default="", db_default="")
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
        permissions = [
            ("reveal_phone", "May see a person's whole phone number"),
            ("view_as", "May look at an app as a person sees it"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["ACTIVE", "CLOSED"]), name="accounts_user_status_known"
            ),
            models.UniqueConstraint(fields=["phone_index"], name="accounts_user_phone_once"),
            # An erased phone is found no more.
            models.CheckConstraint(
                condition=Q(phone_index=None) | Q(phone__blank=False),
                name="accounts_user_index_of_a_phone",
            ),
        ]
        # Whoever closes an account, by whatever way, ends its sessions with it: no code can forget.
        triggers = [
            Guard(
                name="accounts_user_leaves",
                runs="accounts_end_sessions",
                argument="person_closed",
                operation=pgtrigger.Update,
                when=pgtrigger.After,
                condition=_LEAVES,
            ),
            Guard(
                name="accounts_user_is_deleted",
                runs="accounts_end_sessions",
                argument="person_deleted",
                operation=pgtrigger.Delete,
                when=pgtrigger.After,
            ),
            Guard(
                name="accounts_user_rights_change",
                runs="accounts_end_sessions",
                argument="rights_changed",
                operation=pgtrigger.Update,
                when=pgtrigger.After,
                condition=_RIGHTS_CHANGE,
            ),
        ]

    def __str__(self) -> str:
        return self.username

    @property
    def shown_name(self) -> str:
        """What a page calls this person; never for a log or a message."""
        return self.display_name or self.username
