"""Events that nobody handled and payouts on their way: Prometheus asks for the oldest."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):

    # CREATE INDEX CONCURRENTLY runs in no transaction.
    atomic = False

    dependencies = [("payments", "0016_downtimes_of_banks")]

    operations = [
        AddIndexConcurrently(
            model_name="gatewayevent",
            index=models.Index(
                fields=["received_at"],
                condition=Q(state__in=["WAITING", "PARKED"]),
                name="payments_event_unhandled",
            ),
        ),
        AddIndexConcurrently(
            model_name="payout",
            index=models.Index(
                fields=["created_at"],
                condition=Q(state__in=["REQUESTED", "SCREENING", "PROCESSING"]),
                name="payments_payout_under_way",
            ),
        ),
    ]
