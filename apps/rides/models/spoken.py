"""How often a member of staff typed a wrong spoken code."""

from django.db import models
from django.db.models import Q


class SpokenCodeTries(models.Model):
    """
    The wrong spoken codes of one member of staff: five in a quarter of an hour lock them out.

    A wrong code names no booking, so the count stands at the person who types (decisions/0008).
    A try is charged before the code is compared, so that twins sent at once have five as well.
    """

    person_id = models.UUIDField(primary_key=True)
    tries = models.PositiveSmallIntegerField(default=0)
    counted_since = models.DateTimeField()
    locked_until = models.DateTimeField(null=True)
    # The booking found last: a repeated request must find it although it is no longer live.
    last_ref = models.CharField(max_length=13, blank=True)

    class Meta:
        verbose_name_plural = "spoken code tries"
        constraints = [
            models.CheckConstraint(condition=Q(tries__lte=5), name="rides_tries_at_most_five"),
        ]

    def __str__(self) -> str:
        return f"{self.tries} tries"
