"""The trail of an object is asked for by its key alone, and what a person did by theirs."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):

    # CREATE INDEX CONCURRENTLY runs in no transaction.
    atomic = False

    dependencies = [("accounts", "0018_language")]

    operations = [
        AddIndexConcurrently(
            model_name="auditevent",
            index=models.Index(fields=["object_id", "-at"], name="accounts_audit_of_object"),
        ),
        AddIndexConcurrently(
            model_name="auditevent",
            index=models.Index(
                fields=["actor_id", "-at"],
                condition=Q(actor_id__isnull=False),
                name="accounts_audit_of_actor",
            ),
        ),
        RemoveIndexConcurrently(model_name="auditevent", name="accounts_audit_object"),
    ]
