"""Days counted once, cohorts when they are whole."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('merchants', '0010_invitations'),
    ]

    operations = [
        migrations.CreateModel(
            name='Progress',
            fields=[
                ('merchant', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='+', serialize=False, to='merchants.merchant')),
                ('counted_until', models.DateField()),
            ],
        ),
        migrations.CreateModel(
            name='Cohort',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('within_days', models.PositiveSmallIntegerField()),
                ('size', models.PositiveIntegerField()),
                ('returned', models.PositiveIntegerField()),
                ('merchant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('merchant', 'within_days', 'day'), name='analytics_cohort_once'), models.CheckConstraint(condition=models.Q(('returned__lte', models.F('size')), ('size__gte', 1)), name='analytics_cohort_in_range')],
            },
        ),
        migrations.CreateModel(
            name='Hour',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('hour', models.PositiveSmallIntegerField()),
                ('campaign_id', models.UUIDField()),
                ('outlet_id', models.UUIDField()),
                ('visits', models.IntegerField(default=0)),
                ('new_customers', models.IntegerField(default=0)),
                ('expired', models.IntegerField(default=0)),
                ('spend_paise', models.BigIntegerField(default=0)),
                ('gst_paise', models.BigIntegerField(default=0)),
                ('new_spend_paise', models.BigIntegerField(default=0)),
                ('bills', models.IntegerField(default=0)),
                ('bill_paise', models.BigIntegerField(default=0)),
                ('discount_paise', models.BigIntegerField(default=0)),
                ('merchant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('merchant', 'day', 'hour', 'campaign_id', 'outlet_id'), name='analytics_hour_once'), models.CheckConstraint(condition=models.Q(('expired__gte', 0), ('hour__lte', 23)), name='analytics_hour_in_range')],
            },
        ),
    ]
