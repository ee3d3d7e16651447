"""Reads about the custody check."""

from apps.payments.models import CustodyCheck


def latest_check() -> CustodyCheck | None:
    """Return the newest custody check."""
    return CustodyCheck.objects.order_by("-checked_at", "-pk").first()
