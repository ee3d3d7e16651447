"""Who may have an event sent to a merchant's system again."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("notifications", "0005_plural")]

    operations = [
        migrations.AlterModelOptions(
            name="webhookdelivery",
            options={
                "permissions": [
                    ("replay_webhook_delivery", "May have an event sent to a system again")
                ],
                "verbose_name_plural": "webhook deliveries",
            },
        ),
    ]
