"""Messages, orders and tickets by the numbers that others gave them: the console searches for them."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):

    # CREATE INDEX CONCURRENTLY runs in no transaction.
    atomic = False

    dependencies = [("ondc", "0011_women_who_drive")]

    operations = [
        AddIndexConcurrently(
            model_name="inboundmessage",
            index=models.Index(fields=["message_id"], name="ondc_inbound_message"),
        ),
        AddIndexConcurrently(
            model_name="rideorder",
            index=models.Index(
                fields=["number"], condition=~Q(number=""), name="ondc_ride_order_number"
            ),
        ),
        AddIndexConcurrently(
            model_name="ticket",
            index=models.Index(
                fields=["number"], condition=~Q(number=""), name="ondc_ticket_number"
            ),
        ),
        AddIndexConcurrently(
            model_name="settlement",
            index=models.Index(
                fields=["reference"],
                condition=~Q(reference=""),
                name="ondc_settlement_reference",
            ),
        ),
    ]
