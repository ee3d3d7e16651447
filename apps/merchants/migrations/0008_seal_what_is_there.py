"""Copies merchants' e-mails and phones from the clear columns into the sealed ones, and back."""

from django.db import migrations

NAMES = ("email", "phone")
BATCH = 500


def in_batches(merchants):
    last = None
    while True:
        batch = list((merchants.filter(pk__gt=last) if last else merchants).order_by("pk")[:BATCH])
        if not batch:
            return
        yield batch
        last = batch[-1].pk


def seal(apps, schema_editor):
    for batch in in_batches(apps.get_model("merchants", "Merchant").objects):
        for merchant in batch:
            for name in NAMES:
                setattr(merchant, name, getattr(merchant, f"{name}_clear"))
            merchant.save(update_fields=NAMES)


def unseal(apps, schema_editor):
    for batch in in_batches(apps.get_model("merchants", "Merchant").objects):
        for merchant in batch:
            for name in NAMES:
                setattr(merchant, f"{name}_clear", getattr(merchant, name))
            merchant.save(update_fields=[f"{name}_clear" for name in NAMES])


class Migration(migrations.Migration):

    # Each row is a transaction of its own: no lock waits for the whole table.
    atomic = False

    dependencies = [
        ('merchants', '0007_sealed_columns'),
    ]

    operations = [migrations.RunPython(seal, unseal)]
