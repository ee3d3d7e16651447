"""Sealed columns beside the clear ones; both are written to until 0009, by whichever code runs."""

from django.core.validators import validate_email
from django.db import migrations, models

import uma.kernel.crypto.fields


class Migration(migrations.Migration):

    dependencies = [
        ('merchants', '0006_api_keys'),
    ]

    operations = [
        migrations.AlterField("merchant", "email", models.EmailField(blank=True, db_default="", db_column="email")),
        migrations.AlterField("merchant", "phone", models.CharField(max_length=20, blank=True, db_default="", db_column="phone")),
        # The columns keep their names: for the database this is nothing.
        migrations.RenameField("merchant", "email", "email_clear"),
        migrations.RenameField("merchant", "phone", "phone_clear"),
        migrations.AddField(
            model_name='merchant',
            name='email',
            field=uma.kernel.crypto.fields.SealedTextField(blank=True, db_column='email_sealed', db_default='', max_length=254, validators=[validate_email]),
        ),
        migrations.AddField(
            model_name='merchant',
            name='phone',
            field=uma.kernel.crypto.fields.SealedTextField(blank=True, db_column='phone_sealed', db_default='', max_length=20),
        ),
    ]
