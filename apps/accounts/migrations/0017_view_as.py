"""The right to look at an app as a person sees it."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("accounts", "0016_shared_devices")]

    operations = [
        migrations.AlterModelOptions(
            name="user",
            options={
                "permissions": [
                    ("reveal_phone", "May see a person's whole phone number"),
                    ("view_as", "May look at an app as a person sees it"),
                ]
            },
        ),
    ]
