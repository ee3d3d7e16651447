"""What holdouts have shown."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('analytics', '0001_initial'),
        ('merchants', '0011_plans_and_subscriptions'),
    ]

    operations = [
        migrations.CreateModel(
            name='Experiment',
            fields=[
                ('campaign_id', models.UUIDField(primary_key=True, serialize=False)),
                ('holdout_bps', models.PositiveSmallIntegerField()),
                ('since', models.DateField()),
                ('until', models.DateField()),
                ('shown_riders', models.PositiveIntegerField()),
                ('shown_visitors', models.PositiveIntegerField()),
                ('shown_visits', models.PositiveIntegerField()),
                ('shown_check_ins', models.PositiveIntegerField()),
                ('shown_first_visits', models.PositiveIntegerField()),
                ('held_riders', models.PositiveIntegerField()),
                ('held_visitors', models.PositiveIntegerField()),
                ('held_visits', models.PositiveIntegerField()),
                ('held_check_ins', models.PositiveIntegerField()),
                ('held_first_visits', models.PositiveIntegerField()),
                ('visits_lift', models.FloatField(null=True)),
                ('visits_low', models.FloatField(null=True)),
                ('visits_high', models.FloatField(null=True)),
                ('first_lift', models.FloatField(null=True)),
                ('first_low', models.FloatField(null=True)),
                ('first_high', models.FloatField(null=True)),
                ('merchant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('holdout_bps__gte', 1), ('since__lte', models.F('until')), ('held_visitors__lte', models.F('held_riders')), ('shown_visitors__lte', models.F('shown_riders')), ('held_check_ins__lte', models.F('held_visits')), ('shown_check_ins__lte', models.F('shown_visits'))), name='analytics_experiment_in_range'), models.CheckConstraint(condition=models.Q(('visits_lift__isnull', True), models.Q(('visits_high__gte', models.F('visits_lift')), ('visits_low__lte', models.F('visits_lift'))), _connector='OR'), name='analytics_experiment_within_its_interval')],
            },
        ),
    ]
