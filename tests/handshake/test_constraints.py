"""What the database itself refuses about handshakes, from whatever SQL is sent."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from apps.handshake import disputes, reversals
from apps.handshake.models import Dispute, Handshake, Reversal
from tests.factories import NOON, make_shop, request_key
from tests.handshake.visiting import visit

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)
NEVER_EDITED = {
    "id": str(UUID(int=1)),
    "booking_id": str(UUID(int=1)),
    "merchant_id": str(UUID(int=1)),
    "outlet_id": str(UUID(int=1)),
    "campaign_id": str(UUID(int=1)),
    "rider_id": str(UUID(int=1)),
    "actor_id": str(UUID(int=1)),
    "zone_code": "BLR",
    "is_new_customer": False,
    "review": True,
    "discount_bps": 1,
    "reimbursement_paise": 1,
    "cpt_fee_paise": 1,
    "cpa_fee_paise": 1,
    "gst_paise": 1,
    "merchant_debit_paise": 1,
    "released_paise": 1,
    "bill_paise": 1,
    "scan_distance_m": 1,
    "request_key": "k",
    "request_fingerprint": b"x",
    "created_at": LATER,
}
AMOUNTS = ("reimbursement_paise", "cpt_fee_paise", "cpa_fee_paise", "gst_paise")


def send(sql: str, values: list[Any]) -> None:  # Any: values of many types
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


def copy(row: Handshake | Reversal | Dispute, **columns: object) -> None:
    """Insert the row again as another, with these columns changed."""
    table = row._meta.db_table
    changed = {"id": str(uuid4())} | columns
    send(
        f"INSERT INTO {table} SELECT (jsonb_populate_record(t, %s::jsonb)).*"
        f" FROM {table} t WHERE id = %s",
        [json.dumps(changed), row.pk],
    )


def edit(row: Handshake | Dispute, **columns: object) -> None:
    table = row._meta.db_table
    assignments = ", ".join(f"{name} = %s" for name in columns)
    send(f"UPDATE {table} SET {assignments} WHERE id = %s", [*columns.values(), row.pk])


def refused_by(error: pytest.ExceptionInfo[DatabaseError]) -> str:
    # Any: psycopg's diagnostics hang on the cause.
    diag: Any = getattr(error.value.__cause__, "diag", None)
    return str(diag.constraint_name)


def parked(handshake: Handshake) -> Dispute:
    return disputes.open_dispute(
        handshake=handshake, opened_by=uuid4(), opened_as="rider", reason="x", now=LATER
    )


def returned(handshake: Handshake, *, amount_paise: int | None = None) -> Reversal:
    return reversals.reverse(
        handshake_id=handshake.pk,
        merchant_id=None,
        actor_id=handshake.actor_id,
        amount_paise=amount_paise,
        reason="x",
        key=request_key("k"),
        now=LATER,
    ).reversal


def test_a_copy_of_a_handshake_for_another_booking_is_what_the_tests_below_change() -> None:
    copy(visit(make_shop()), booking_id=str(uuid4()))

    assert Handshake.objects.count() == 2


def test_a_booking_has_one_handshake() -> None:
    handshake = visit(make_shop())

    with pytest.raises(IntegrityError) as error:
        copy(handshake)

    assert refused_by(error) == "handshake_handshake_booking_id_key"
    assert Handshake.objects.count() == 1


def test_a_senders_key_settles_one_booking() -> None:
    handshake = visit(make_shop())
    copy(handshake, booking_id=str(uuid4()), request_key="k")

    with pytest.raises(IntegrityError) as error:
        copy(handshake, booking_id=str(uuid4()), request_key="k")

    assert refused_by(error) == "handshake_request_key_once"
    copy(handshake, booking_id=str(uuid4()), request_key="k", actor_id=str(uuid4()))


@pytest.mark.parametrize("name", [*AMOUNTS, "merchant_debit_paise"])
def test_the_debit_is_the_sum_of_its_parts(name: str) -> None:
    handshake = visit(make_shop())

    with pytest.raises(IntegrityError) as error:
        copy(handshake, booking_id=str(uuid4()), **{name: getattr(handshake, name) + 1})

    assert refused_by(error) == "handshake_debit_is_the_sum_of_its_parts"


@pytest.mark.parametrize("name", AMOUNTS)
def test_no_part_is_negative_though_the_sum_is_right(name: str) -> None:
    handshake = visit(make_shop())
    rest = handshake.merchant_debit_paise - getattr(handshake, name) - 1

    with pytest.raises(IntegrityError) as error:
        copy(
            handshake,
            booking_id=str(uuid4()),
            **{name: -1, "merchant_debit_paise": rest},
        )

    assert refused_by(error) == "handshake_amounts_in_range"


def test_nothing_negative_is_released() -> None:
    handshake = visit(make_shop())

    with pytest.raises(IntegrityError) as error:
        copy(handshake, booking_id=str(uuid4()), released_paise=-1)

    assert refused_by(error) == "handshake_amounts_in_range"


@pytest.mark.parametrize("reversed_paise", [-1, 150_01])
def test_what_was_returned_is_between_nothing_and_the_cashback(reversed_paise: int) -> None:
    handshake = visit(make_shop())

    with pytest.raises(IntegrityError) as error:
        edit(handshake, reversed_paise=reversed_paise)

    assert refused_by(error) == "handshake_amounts_in_range"


@pytest.mark.parametrize("name", NEVER_EDITED)
def test_what_a_scan_settled_is_never_edited(name: str) -> None:
    handshake = visit(make_shop())

    with pytest.raises(IntegrityError) as error:
        edit(handshake, **{name: NEVER_EDITED[name]})

    assert refused_by(error) == "handshake_never_edited"
    kept = Handshake.objects.get(pk=handshake.pk)
    assert getattr(kept, name) == getattr(handshake, name)


@pytest.mark.parametrize(
    "statement", ["DELETE FROM handshake_handshake", "TRUNCATE handshake_handshake CASCADE"]
)
def test_a_handshake_is_never_deleted(statement: str) -> None:
    visit(make_shop())

    with pytest.raises(IntegrityError) as error:
        send(statement, [])

    assert refused_by(error) == "handshake_never_edited"
    assert Handshake.objects.count() == 1


def test_all_but_the_marks_of_what_follows_is_never_edited() -> None:
    marks = {"announced_at", "review_decided_at", "reversed_paise"}

    assert set(NEVER_EDITED) == {field.attname for field in Handshake._meta.fields} - marks


def test_a_handshake_is_returned_in_full_once() -> None:
    reversal = returned(visit(make_shop()))

    with pytest.raises(IntegrityError) as error:
        copy(reversal, request_key=None)

    assert refused_by(error) == "handshake_reversed_in_full_once"
    copy(reversal, request_key=None, full=False)


def test_a_senders_key_returns_one_handshake() -> None:
    reversal = returned(visit(make_shop()), amount_paise=1_00)

    with pytest.raises(IntegrityError) as error:
        copy(reversal)

    assert refused_by(error) == "handshake_reversal_key_once"
    copy(reversal, request_key="another")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE handshake_reversal SET merchant_credit_paise = 1",
        "UPDATE handshake_reversal SET reason = 'nicer'",
        "DELETE FROM handshake_reversal",
        "SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE handshake_reversal",
    ],
)
def test_what_was_returned_stays_as_it_was_written(statement: str) -> None:
    reversal = returned(visit(make_shop()))

    with pytest.raises(IntegrityError) as error:
        send(statement, [])

    assert refused_by(error) == "handshake_reversal_append_only"
    assert list(Reversal.objects.values_list("merchant_credit_paise", "reason")) == [
        (reversal.merchant_credit_paise, "x")
    ]


CONTESTED = {
    "id": str(UUID(int=1)),
    "handshake_id": str(UUID(int=1)),
    "opened_by": str(UUID(int=1)),
    "opened_as": "merchant",
    "parked_paise": 1,
    "opened_at": LATER,
    "due_at": LATER,
}


@pytest.mark.parametrize("name", CONTESTED)
def test_what_is_contested_is_never_edited(name: str) -> None:
    dispute = parked(visit(make_shop()))

    with pytest.raises(IntegrityError) as error:
        edit(dispute, **{name: CONTESTED[name]})

    assert refused_by(error) == "handshake_dispute_never_edited"
    assert getattr(Dispute.objects.get(pk=dispute.pk), name) == getattr(dispute, name)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM handshake_dispute",
        "SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE handshake_dispute",
    ],
)
def test_a_dispute_is_never_deleted(statement: str) -> None:
    parked(visit(make_shop()))

    with pytest.raises(IntegrityError) as error:
        send(statement, [])

    assert refused_by(error) == "handshake_dispute_never_edited"
    assert Dispute.objects.count() == 1


def test_a_handshake_is_contested_once() -> None:
    dispute = parked(visit(make_shop()))

    with pytest.raises(IntegrityError) as error:
        copy(dispute)

    assert refused_by(error) == "handshake_dispute_handshake_id_key"


@pytest.mark.parametrize(
    "columns",
    [
        {"state": "FOR_RIDER"},
        {"state": "FOR_MERCHANT"},
        {"decided_at": LATER},
        {"state": "NEITHER"},
        {"state": "NEITHER", "decided_at": LATER},
    ],
)
def test_a_dispute_is_closed_exactly_when_it_was_decided(columns: dict[str, object]) -> None:
    dispute = parked(visit(make_shop()))

    with pytest.raises(IntegrityError) as error:
        edit(dispute, **columns)

    assert refused_by(error) == "handshake_dispute_decided_when_closed"
    dispute.refresh_from_db()
    assert (dispute.state, dispute.decided_at) == ("OPEN", None)


@pytest.mark.parametrize("table", ["handshake_reversal", "handshake_dispute"])
def test_what_follows_a_handshake_names_one_that_exists(table: str) -> None:
    handshake, other = visit(make_shop()), visit(make_shop("Next door"))
    row = returned(handshake) if table == "handshake_reversal" else parked(other)

    with pytest.raises(IntegrityError) as error:
        copy_and_commit(row, handshake_id=str(UUID(int=1)), request_key=None)

    assert f"{table}_handshake_id" in refused_by(error)


@transaction.atomic
def copy_and_commit(row: Reversal | Dispute, **columns: object) -> None:
    """Insert as `copy` does, and ask at once what is otherwise asked at the commit."""
    copy(row, **columns)
    send("SET CONSTRAINTS ALL IMMEDIATE", [])
