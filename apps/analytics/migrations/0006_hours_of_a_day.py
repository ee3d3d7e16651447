"""The hours of one day, whosever they are: Prometheus reads what yesterday's deals returned."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    # CREATE INDEX CONCURRENTLY runs in no transaction.
    atomic = False

    dependencies = [("analytics", "0005_fraud_by_mistake")]

    operations = [
        AddIndexConcurrently(
            model_name="hour",
            index=models.Index(fields=["day"], name="analytics_hour_of_day"),
        ),
    ]
