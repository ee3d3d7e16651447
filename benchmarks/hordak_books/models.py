"""Whose account is whose: hordak's own public number of an account has no index."""

import uuid
from typing import Any, ClassVar

from django.db import models
from hordak.models import Account


class Purse(models.Model):
    """The account of one shop, one rider or one kind of fee."""

    owner_id = models.CharField(max_length=36, unique=True)
    account = models.OneToOneField(Account, on_delete=models.PROTECT, related_name="+")

    objects: ClassVar[models.Manager[Any]]  # Any: as in the straightforward version

    class Meta:
        app_label = "hordak_books"

    def __str__(self) -> str:
        return self.owner_id


def locked(owner_id: uuid.UUID) -> Account:
    """Return the account of a shop or a rider, its row locked."""
    purses = Purse.objects.select_related("account").select_for_update(of=("account",))
    return purses.get(owner_id=str(owner_id)).account
