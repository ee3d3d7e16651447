"""A sealed column: text in Python, opaque everywhere else."""

import copy
from typing import Any

import pytest
from django.core.exceptions import FieldError, ValidationError
from django.core.serializers import serialize
from django.db import DataError, connection, transaction
from django.db.models import F, Model, Value
from django.db.models.functions import Upper
from django.forms.models import model_to_dict, modelform_factory
from pytest_django import DjangoAssertNumQueries, Settings

from apps.accounts.models import User
from apps.merchants.models import Merchant
from tests.factories import NOON, make_merchant
from uma.kernel.crypto.errors import DoesNotOpen, KeyNotListed
from uma.kernel.crypto.fields import PlainTextRefused, Sealed, SealedTextField
from uma.kernel.crypto.keyring import kid_of

pytestmark = pytest.mark.django_db
NAME, EMAIL, PHONE = "Asha Rao", "asha@example.org", "+919876543210"
NEW_FIRST = f"B2:{'34' * 32},T1:{'7e' * 32}"


@pytest.fixture
def asha() -> User:
    return User.objects.create(
        username="asha", display_name=NAME, email=EMAIL, phone=PHONE, created_at=NOON
    )


def stored(person: User, column: str = "display_name_sealed") -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM accounts_user WHERE id = %s", [person.pk])
        (value,) = cursor.fetchone()
    return bytes(value)


def write(person: User, value: bytes, column: str = "display_name_sealed") -> User:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE accounts_user SET {column} = %s WHERE id = %s", [value, person.pk])
    return User.objects.get(pk=person.pk)


def test_the_row_holds_no_clear_text_and_the_instance_reads_it(asha: User) -> None:
    kept = User.objects.get(pk=asha.pk)

    assert (kept.display_name, kept.email, kept.phone) == (NAME, EMAIL, PHONE)
    with connection.cursor() as cursor:
        cursor.execute("SELECT accounts_user::text FROM accounts_user")
        (row,) = cursor.fetchone()
    for text in (NAME, EMAIL, PHONE):
        assert text not in row
        assert text.encode().hex() not in row


def test_reading_a_row_opens_nothing_until_somebody_asks(asha: User, settings: Settings) -> None:
    settings.FIELD_KEYS = "B2:" + "34" * 32

    kept = User.objects.get(pk=asha.pk)

    assert kept.username == "asha"
    with pytest.raises(KeyNotListed):
        str(kept.display_name)


def test_nothing_is_nothing_and_is_not_sealed() -> None:
    nobody = User.objects.create(username="nobody", created_at=NOON)

    assert stored(nobody) == b""
    assert User.objects.get(pk=nobody.pk).display_name == ""
    assert User.objects.filter(phone__blank=True).get() == nobody
    assert User.objects.filter(phone__blank=False).count() == 0


@pytest.mark.parametrize("column", ["email_sealed", "phone_sealed"])
def test_a_value_moved_to_another_column_does_not_open(asha: User, column: str) -> None:
    moved = write(asha, stored(asha), column)

    with pytest.raises(DoesNotOpen, match=column):
        str((moved.email, moved.phone))


def test_a_value_moved_to_another_row_does_not_open(asha: User) -> None:
    other = User.objects.create(username="ravi", display_name="Ravi", created_at=NOON)
    moved = write(other, stored(asha))

    with pytest.raises(DoesNotOpen, match=str(other.pk)):
        str(moved.display_name)


def test_a_value_moved_to_another_table_does_not_open() -> None:
    merchant = make_merchant("Corner Café")
    with connection.cursor() as cursor:
        # The same id and the same column name: only the table differs.
        cursor.execute(
            "INSERT INTO accounts_user (id, username, password, is_superuser, is_active, is_staff,"
            " zone_code, status, created_at, email_sealed)"
            " SELECT id, 'twin', '', false, true, false, '', 'ACTIVE', now(), email_sealed"
            " FROM merchants_merchant WHERE id = %s",
            [merchant.pk],
        )
    assert Merchant.objects.get(pk=merchant.pk).email == "owner@example.org"

    with pytest.raises(DoesNotOpen, match=r"accounts_user\.email_sealed"):
        str(User.objects.get(username="twin").email)


def test_a_row_copied_under_another_id_is_not_saved_half(asha: User) -> None:
    twin = User.objects.get(pk=asha.pk)
    twin.pk, twin.username = User(created_at=NOON).pk, "twin"

    with pytest.raises(DoesNotOpen), transaction.atomic():
        twin.save(force_insert=True)

    twin.display_name, twin.email, twin.phone = NAME, EMAIL, PHONE
    twin.save(force_insert=True)
    assert User.objects.get(pk=twin.pk).display_name == NAME


@pytest.mark.usefixtures("asha")
def test_values_show_nothing() -> None:
    (by_name,) = User.objects.values("display_name")
    (listed,) = User.objects.values_list("display_name", flat=True)

    for shown in (by_name, listed, f"{listed}", f"{listed!r}", [listed], copy.copy(listed)):
        assert NAME not in str(shown)
        assert str(shown).count("<sealed>") == 1
    assert isinstance(listed, Sealed)
    with pytest.raises(TypeError):
        serialize("json", User.objects.all())


@pytest.mark.parametrize(
    "lookup",
    [
        {"phone": PHONE},
        {"phone__exact": PHONE},
        {"phone__in": [PHONE]},
        {"display_name__icontains": "asha"},
        {"email__startswith": "a"},
        {"email__gt": "a"},
    ],
)
def test_a_sealed_column_is_not_searched(asha: User, lookup: dict[str, Any]) -> None:
    with pytest.raises(FieldError, match="sealed"):
        User.objects.filter(**lookup).exists()
    with pytest.raises(FieldError, match="sealed"):
        User.objects.exclude(**lookup).exists()

    assert User.objects.filter(display_name__isnull=False).get() == asha


@pytest.mark.parametrize(
    ("value", "refusal"),
    [
        (PHONE, PlainTextRefused),
        (F("email"), FieldError),
        (F("username"), FieldError),
        (Upper("display_name"), FieldError),
        (Value(PHONE), FieldError),
    ],
)
def test_an_update_without_its_row_is_refused(
    asha: User, value: object, refusal: type[Exception]
) -> None:
    before = stored(asha, "phone_sealed")

    with pytest.raises(refusal, match="phone is sealed"), transaction.atomic():
        User.objects.update(phone=value)

    assert stored(asha, "phone_sealed") == before


def test_an_expression_on_the_instance_is_refused_as_well(asha: User) -> None:
    setattr(asha, "phone", F("email"))  # noqa: B010 — the type says text

    with pytest.raises(FieldError, match="phone is sealed"):
        asha.save()


def test_a_value_is_erased_by_an_update(asha: User) -> None:
    User.objects.update(display_name="", phone="", phone_index=None)

    kept = User.objects.get(pk=asha.pk)
    assert (kept.display_name, kept.phone, kept.email) == ("", "", EMAIL)
    assert stored(asha) == b""


def test_many_rows_are_made_and_changed_at_once() -> None:
    people = [
        User(username=f"rider-{number}", display_name=f"Name {number}", created_at=NOON)
        for number in range(5)
    ]
    User.objects.bulk_create(people)
    for person in people:
        person.display_name = f"New {person.username}"
    people[0].display_name = ""

    assert User.objects.bulk_update(people, ["display_name", "zone_code"], batch_size=2) == 5

    kept = {person.username: person.display_name for person in User.objects.all()}
    assert kept == {"rider-0": "", **{f"rider-{n}": f"New rider-{n}" for n in range(1, 5)}}
    assert [person.display_name for person in people[:2]] == ["", "New rider-1"]


def test_many_rows_are_changed_without_having_read_the_value(asha: User) -> None:
    (loaded,) = User.objects.only("username")

    User.objects.bulk_update([loaded], ["display_name"])

    assert User.objects.get(pk=asha.pk).display_name == NAME


def test_a_deferred_value_is_fetched_when_it_is_asked_for(
    asha: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2):
        person = User.objects.defer("display_name").get(pk=asha.pk)
        assert "display_name" in person.get_deferred_fields()
        assert person.display_name == NAME
    asha.display_name = "changed"
    asha.refresh_from_db()
    assert asha.display_name == NAME


def test_a_value_that_nobody_touched_is_written_as_it_was(asha: User) -> None:
    before = stored(asha)
    kept = User.objects.get(pk=asha.pk)
    kept.zone_code = "MNP"

    kept.save()

    assert stored(asha) == before


def test_whatever_is_written_is_under_the_current_key(asha: User, settings: Settings) -> None:
    settings.FIELD_KEYS = NEW_FIRST
    kept = User.objects.get(pk=asha.pk)

    kept.save()

    assert kid_of(stored(asha)) == "B2"
    assert User.objects.get(pk=asha.pk).display_name == NAME


def test_the_whole_row_is_validated(asha: User) -> None:
    kept = User.objects.get(pk=asha.pk)
    kept.password = "!"
    kept.full_clean()
    kept.email, kept.display_name = "nowhere", "x" * 121

    with pytest.raises(ValidationError) as caught:
        kept.full_clean()

    assert set(caught.value.message_dict) == {"email", "display_name"}
    with pytest.raises(DataError, match="at most 120"):
        kept.save()


def test_a_form_reads_and_writes_text(asha: User) -> None:
    form_class = modelform_factory(User, fields=["display_name"])
    form = form_class({"display_name": "New"}, instance=asha)

    assert model_to_dict(asha, ["display_name"]) == {"display_name": NAME}
    assert 'value="New"' in str(form["display_name"])
    form.save()
    assert User.objects.get(pk=asha.pk).display_name == "New"


def test_a_fixture_is_refused(asha: User) -> None:
    with pytest.raises(PlainTextRefused, match="fixture"):
        serialize("json", [asha], fields=["display_name"])


def test_a_migration_makes_the_same_field() -> None:
    field = User._meta.get_field("email")
    assert isinstance(field, SealedTextField)

    _, path, arguments, options = field.deconstruct()
    again = SealedTextField(*arguments, **options)

    assert path == "uma.kernel.crypto.fields.SealedTextField"
    assert again.deconstruct()[1:] == field.deconstruct()[1:]
    assert again.db_type(connection) == "bytea"


@pytest.mark.parametrize(
    ("options", "code"),
    [({"unique": True}, "uma.E025"), ({"db_index": True}, "uma.E025"), ({}, "uma.E026")],
)
def test_a_column_that_cannot_work_is_an_error(options: dict[str, Any], code: str) -> None:
    field = SealedTextField(**options)
    # A model whose ids the database gives out.
    from django.contrib.auth.models import Group  # noqa: PLC0415 — the one at hand

    with_id: type[Model] = User if options else Group
    field.set_attributes_from_name("secret")
    field.model = with_id

    assert code in {message.id for message in field.check()}
