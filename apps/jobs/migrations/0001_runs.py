"""The runs of the periodic jobs."""

import uma.kernel.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='JobRun',
            fields=[
                ('id', models.UUIDField(default=uma.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('job', models.CharField(max_length=100)),
                ('outcome', models.CharField(choices=[('RUNNING', 'is running'), ('DONE', 'done'), ('FAILED', 'failed'), ('LOST', 'its worker died')], default='RUNNING', max_length=7)),
                ('started_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('runs', models.PositiveIntegerField(default=1)),
                ('did', models.BigIntegerField(null=True)),
                ('error', models.CharField(blank=True, max_length=100)),
            ],
            options={
                'indexes': [models.Index(fields=['job', '-started_at'], name='jobs_run_of_job'), models.Index(fields=['-started_at'], name='jobs_run_newest')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('outcome', 'RUNNING')), fields=('job',), name='jobs_run_running_once'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('outcome', 'RUNNING')), models.Q(('ended_at__isnull', False), ('outcome__in', ['DONE', 'FAILED', 'LOST'])), _connector='OR'), name='jobs_run_ended_when_over'), models.CheckConstraint(condition=models.Q(('runs__gte', 1), models.Q(('did__isnull', True), ('did__gte', 0), _connector='OR')), name='jobs_run_counts_in_range')],
            },
        ),
    ]
