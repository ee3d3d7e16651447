"""What the newest look at the books found."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('handshake', '0007_what_waits_for_a_look'),
    ]

    operations = [
        migrations.CreateModel(
            name='BooksLook',
            fields=[
                ('kind', models.CharField(choices=[('WHOLE', 'every row'), ('RECENT', 'every balance, and what moved lately')], max_length=6, primary_key=True, serialize=False)),
                ('looked_at', models.DateTimeField()),
                ('wrong', models.PositiveIntegerField()),
                ('found', models.JSONField()),
                ('clean_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'look at the books',
                'verbose_name_plural': 'looks at the books',
                'constraints': [
                    models.CheckConstraint(
                        condition=models.Q(('clean_at', models.F('looked_at')), ('clean_at__isnull', False), ('found', []), ('wrong', 0))
                        | models.Q(models.Q(('wrong__gt', 0), models.Q(('clean_at', None), ('clean_at__lt', models.F('looked_at')), _connector='OR'), models.Q(('found', []), _negated=True))),
                        name='handshake_books_clean',
                    ),
                    models.CheckConstraint(condition=models.Q(('kind__in', ['WHOLE', 'RECENT'])), name='handshake_books_kind'),
                ],
            },
        ),
    ]
