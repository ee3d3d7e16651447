"""Visits without a deal."""

import pgtrigger.compiler
import pgtrigger.migrations
import uma.kernel.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('handshake', '0005_what_was_taken_back'),
    ]

    operations = [
        migrations.CreateModel(
            name='CheckIn',
            fields=[
                ('id', models.UUIDField(default=uma.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('merchant_id', models.UUIDField()),
                ('outlet_id', models.UUIDField()),
                ('rider_id', models.UUIDField()),
                ('actor_id', models.UUIDField()),
                ('zone_code', models.CharField(max_length=8)),
                ('day', models.DateField()),
                ('is_new_customer', models.BooleanField()),
                ('bill_paise', models.BigIntegerField(null=True)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['merchant_id', 'created_at'], name='handshake_check_in_merchant'), models.Index(fields=['rider_id', 'created_at'], name='handshake_check_in_rider')],
                'constraints': [models.UniqueConstraint(fields=('outlet_id', 'rider_id', 'day'), name='handshake_check_in_once_a_day'), models.CheckConstraint(condition=models.Q(('bill_paise__isnull', True), ('bill_paise__gt', 0), _connector='OR'), name='handshake_check_in_bill_positive')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='checkin',
            trigger=pgtrigger.compiler.Trigger(name='handshake_check_in_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.uma_refuse('handshake_check_in_append_only')", func='RETURN NEW;', hash='2824c40526a2a1819231c8008aa0bff4dd104bf5', level='STATEMENT', operation='UPDATE OR DELETE OR TRUNCATE', pgid='pgtrigger_handshake_check_in_append_only_99509', table='handshake_checkin', when='BEFORE')),
        ),
    ]
