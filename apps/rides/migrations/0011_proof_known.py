"""Every booking before was proven by the visit alone, so the rule holds for all of them."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('rides', '0010_proofs'),
    ]

    operations = [
        ValidateConstraint('booking', 'rides_booking_proof_known'),
    ]
