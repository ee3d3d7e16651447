"""Offers of which the seller says that a woman drives."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("ondc", "0009_parked_callbacks")]

    operations = [
        migrations.AddField(
            model_name="offer",
            name="woman_driver",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
