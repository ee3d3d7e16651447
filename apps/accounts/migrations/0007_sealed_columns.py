"""Sealed columns beside the clear ones; both are written to until 0010, by whichever code runs."""

from django.core.validators import validate_email
from django.db import migrations, models
from django.db.models import Q

import uma.kernel.crypto.fields

CLEAR = {
    "display_name": models.CharField(max_length=120, blank=True, db_default="", db_column="display_name"),
    "email": models.EmailField(blank=True, db_default="", db_column="email"),
    "phone": models.CharField(max_length=20, blank=True, db_default="", db_column="phone"),
}


def set_aside(name, field):
    """Give the clear column a default, so that code that does not know it can insert, and free its name."""
    return [
        migrations.AlterField("user", name, field),
        # The column keeps its name: for the database this is nothing.
        migrations.RenameField("user", name, f"{name}_clear"),
    ]


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0006_people_leave'),
    ]

    operations = [
        *[operation for name, field in CLEAR.items() for operation in set_aside(name, field)],
        migrations.AddField(
            model_name='user',
            name='display_name',
            field=uma.kernel.crypto.fields.SealedTextField(blank=True, db_column='display_name_sealed', db_default='', max_length=120),
        ),
        migrations.AddField(
            model_name='user',
            name='email',
            field=uma.kernel.crypto.fields.SealedTextField(blank=True, db_column='email_sealed', db_default='', max_length=254, validators=[validate_email]),
        ),
        migrations.AddField(
            model_name='user',
            name='phone',
            field=uma.kernel.crypto.fields.SealedTextField(blank=True, db_column='phone_sealed', db_default='', max_length=20),
        ),
        migrations.AddField(
            model_name='user',
            name='phone_index',
            field=models.CharField(blank=True, max_length=64, null=True),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=Q(('phone_index', None), ('phone__blank', False), _connector='OR'), name='accounts_user_index_of_a_phone'),
        ),
    ]
