"""Callbacks that are parked: Prometheus asks how many."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):

    # CREATE INDEX CONCURRENTLY runs in no transaction.
    atomic = False

    dependencies = [("ondc", "0008_reconciling")]

    operations = [
        AddIndexConcurrently(
            model_name="inboundmessage",
            index=models.Index(
                fields=["received_at"], condition=Q(state="PARKED"), name="ondc_inbound_parked"
            ),
        ),
    ]
