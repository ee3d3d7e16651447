"""A payout and a dormant wallet have a zone: new rows at once, and then the others, beside the traffic."""

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models

ROWS = (("payout", "payments_payout_has_a_zone"), ("dormantwallet", "payments_dormant_has_a_zone"))


class Migration(migrations.Migration):

    # Each lock for a moment of its own: the validation reads beside writers.
    atomic = False

    dependencies = [("payments", "0014_zones_of_payouts")]

    operations = [
        *(
            AddConstraintNotValid(
                model_name=model,
                constraint=models.CheckConstraint(condition=models.Q(("zone_code", ""), _negated=True), name=name),
            )
            for model, name in ROWS
        ),
        *(ValidateConstraint(model_name=model, name=name) for model, name in ROWS),
    ]
