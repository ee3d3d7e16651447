"""Copies of the database, as they were noted: how old the newest is, is watched."""

import uma.kernel.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0001_runs'),
    ]

    operations = [
        migrations.CreateModel(
            name='Backup',
            fields=[
                ('id', models.UUIDField(default=uma.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=100, unique=True)),
                ('began_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField()),
                ('size_bytes', models.BigIntegerField()),
            ],
            options={
                'indexes': [models.Index(fields=['-began_at'], name='jobs_backup_newest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ended_at__gte', models.F('began_at')), ('size_bytes__gt', 0)), name='jobs_backup_is_whole')],
            },
        ),
    ]
