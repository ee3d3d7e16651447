"""Every cohort keeps the constraint of the migration before."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("analytics", "0007_came_again_unpaid")]

    operations = [ValidateConstraint("cohort", "analytics_cohort_organic_in_range")]
