"""Who else signed in on a device."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    # CREATE INDEX CONCURRENTLY runs in no transaction.
    atomic = False

    dependencies = [("accounts", "0015_plural")]

    operations = [
        AddIndexConcurrently(
            model_name="knowndevice",
            index=models.Index(fields=["device_hash"], name="accounts_knowndevice_shared"),
        ),
    ]
