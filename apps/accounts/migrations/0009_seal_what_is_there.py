"""Copies names, e-mails and phones from the clear columns into the sealed ones, and back."""

from django.db import IntegrityError, migrations, transaction

from uma.kernel.crypto.blind import blind_index
from uma.kernel.errors import PhoneInvalid
from uma.kernel.phones import e164

NAMES = ("display_name", "email", "phone")
BATCH = 500


def in_batches(people):
    last = None
    while True:
        batch = list((people.filter(pk__gt=last) if last else people).order_by("pk")[:BATCH])
        if not batch:
            return
        yield batch
        last = batch[-1].pk


def seal(apps, schema_editor):
    people = apps.get_model("accounts", "User").objects
    for batch in in_batches(people):
        for person in batch:
            for name in NAMES:
                setattr(person, name, getattr(person, f"{name}_clear"))
            index = None
            try:
                person.phone = e164(person.phone) if person.phone else ""
                index = blind_index(person.phone, purpose="accounts.user.phone") if person.phone else None
            except PhoneInvalid:
                # Kept as it was written; nobody signs in with what is no number.
                pass
            person.save(update_fields=NAMES)
            if index:
                find_by(people, person, index)


def find_by(people, person, index):
    try:
        with transaction.atomic():
            people.filter(pk=person.pk).update(phone_index=index)
    except IntegrityError:
        # Two people gave one number: the first to be found keeps it, the other signs in and says so.
        pass


def unseal(apps, schema_editor):
    for batch in in_batches(apps.get_model("accounts", "User").objects):
        for person in batch:
            for name in NAMES:
                setattr(person, f"{name}_clear", getattr(person, name))
            person.save(update_fields=[f"{name}_clear" for name in NAMES])


class Migration(migrations.Migration):

    # Each row is a transaction of its own: no lock waits for the whole table.
    atomic = False

    dependencies = [
        ('accounts', '0008_phone_once'),
    ]

    operations = [migrations.RunPython(seal, unseal)]
