"""One merchant that may sell for each GSTIN; the index is built beside the traffic."""

from django.db import migrations, models

CREATE = """
CREATE UNIQUE INDEX CONCURRENTLY merchants_merchant_gstin_once ON merchants_merchant (gstin)
 WHERE status IN ('ACTIVE', 'SUSPENDED') AND NOT (gstin = '')
"""


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('merchants', '0004_hours_and_last_owner'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(CREATE, "DROP INDEX CONCURRENTLY merchants_merchant_gstin_once")
            ],
            state_operations=[
                migrations.AddConstraint(
                    model_name='merchant',
                    constraint=models.UniqueConstraint(condition=models.Q(('status__in', ['ACTIVE', 'SUSPENDED']), models.Q(('gstin', ''), _negated=True)), fields=('gstin',), name='merchants_merchant_gstin_once'),
                ),
            ],
        ),
    ]
