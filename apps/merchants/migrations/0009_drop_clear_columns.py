"""
The clear columns go.

The processes of the release before read them: end those first (docs/operations.md).
"""

from django.db import migrations
from django_migration_linter.operations import IgnoreMigration


class Migration(migrations.Migration):

    dependencies = [
        ('merchants', '0008_seal_what_is_there'),
    ]

    operations = [
        # Dropping is the point of it: a copy of the database must not hold what was sealed.
        IgnoreMigration(),
        migrations.RemoveField("merchant", "email_clear"),
        migrations.RemoveField("merchant", "phone_clear"),
    ]
