"""How often a deal was refused to whoever wanted to book it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('merchants', '0011_plans_and_subscriptions'),
        ('rides', '0007_drop_offs'),
    ]

    operations = [
        migrations.CreateModel(
            name='RefusedBookings',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('campaign_id', models.UUIDField()),
                ('outlet_id', models.UUIDField(null=True)),
                ('code', models.CharField(max_length=64)),
                ('times', models.PositiveIntegerField()),
                ('merchant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
            ],
            options={
                'verbose_name_plural': 'refused bookings',
                'indexes': [models.Index(fields=['day'], name='rides_refused_day')],
                'constraints': [models.UniqueConstraint(fields=('merchant', 'day', 'campaign_id', 'outlet_id', 'code'), name='rides_refused_once', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('times__gte', 1), models.Q(('code', ''), _negated=True)), name='rides_refused_counted')],
            },
        ),
    ]
