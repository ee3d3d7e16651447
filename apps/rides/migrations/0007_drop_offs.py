"""Where the ride to a booking ended, in metres from its outlet."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('rides', '0006_ride_failure'),
    ]

    operations = [
        migrations.CreateModel(
            name='DropOff',
            fields=[
                ('booking', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='+', serialize=False, to='rides.booking')),
                ('distance_m', models.PositiveIntegerField()),
                ('at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
            ],
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='dropoff',
            trigger=pgtrigger.compiler.Trigger(name='rides_drop_off_told_once', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.uma_refuse('rides_drop_off_told_once')", func='RETURN NEW;', hash='053806f218a999c57a0c2959610e8e4355505138', level='STATEMENT', operation='UPDATE OR DELETE OR TRUNCATE', pgid='pgtrigger_rides_drop_off_told_once_ee3f5', table='rides_dropoff', when='BEFORE')),
        ),
    ]
