"""What was held and owed at a custody check: the console's home shows both."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0019_what_waits_at_the_desk'),
    ]

    operations = [
        migrations.AddField(
            model_name='custodycheck',
            name='held_paise',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='custodycheck',
            name='owed_paise',
            field=models.BigIntegerField(null=True),
        ),
    ]
