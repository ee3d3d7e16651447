"""What the database refuses about questions to banks, and about accounts they verify, whoever writes."""

from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from apps.payments.models import AccountValidation, FundAccount
from apps.payments.validation_states import ARROWS, ENDS, OPEN, State
from tests.factories import NOON
from tests.payments.validating import VPA, added, question

pytestmark = pytest.mark.django_db
Changes = dict[str, Any]  # Any: columns of many types
ASKED: Changes = {"asked_at": NOON, "razorpay_id": "fav_1"}
ENDED: Changes = {"ended_at": NOON, "next_look_at": None}
PAID: Changes = {"cost_paise": 336, "cost_tax_paise": 36, "cost_journal_id": uuid4()}
DECIDED: Changes = {"accepted": True, "decided_by": uuid4(), "decided_at": NOON}


@pytest.fixture
def mine() -> FundAccount:
    return added()


def past_the_triggers(row: AccountValidation, **changes: Any) -> None:  # Any: as above
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        AccountValidation.objects.filter(pk=row.pk).update(**changes)
        cursor.execute("SET LOCAL session_replication_role = origin")


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("payments_validation_asked_when", {"asked_at": NOON}),
        ("payments_validation_asked_when", {"razorpay_id": "fav_1"}),
        ("payments_validation_asked_when", {"state": "ASKED"}),
        ("payments_validation_asked_when", ASKED | {"state": "ASKED"}),
        ("payments_validation_asked_when", {"state": "CREATED", "asked_at": NOON}),
        ("payments_validation_asked_when", ENDED | {"state": "MATCHED", "asked_at": NOON}),
        ("payments_validation_asked_when", ENDED | {"state": "CLOSE", "razorpay_id": "fav_1"}),
        ("payments_validation_asked_when", ENDED | ASKED | {"state": "DROPPED"}),
        ("payments_validation_", {"state": "SOMEHOW"}),
        ("payments_validation_looked_at_or_over", {"next_look_at": None}),
        ("payments_validation_looked_at_or_over", {"ended_at": NOON}),
        ("payments_validation_looked_at_or_over", {"state": "DROPPED"}),
        ("payments_validation_looked_at_or_over", {"state": "FAILED", "ended_at": NOON}),
        ("payments_validation_decided_when_close", DECIDED),
        ("payments_validation_decided_when_close", ASKED | ENDED | DECIDED | {"state": "MATCHED"}),
        (
            "payments_validation_decided_when_close",
            ASKED | ENDED | {"state": "CLOSE", "accepted": False},
        ),
        ("payments_validation_cost_is_whole", PAID),
        ("payments_validation_cost_is_whole", ASKED | {"state": "CREATED", "cost_paise": 1}),
        (
            "payments_validation_cost_is_whole",
            ASKED | PAID | {"state": "CREATED", "cost_tax_paise": 337},
        ),
    ],
)
def test_a_row_that_cannot_be_true_is_refused(
    mine: FundAccount, name: str, changes: Changes
) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        past_the_triggers(question(mine), **changes)


def test_a_name_is_the_banks_or_nobodys(mine: FundAccount) -> None:
    row = question(mine)
    row.registered_name = "ASHA RAO"

    with pytest.raises(IntegrityError, match="payments_validation_named_by_the_bank"):
        row.save(update_fields=["registered_name"])


def test_of_an_account_one_question_is_open(mine: FundAccount) -> None:
    with pytest.raises(IntegrityError, match="payments_validation_one_open"):
        AccountValidation.objects.create(
            fund_account=mine, zone_code="MNP", created_at=NOON, next_look_at=NOON
        )


def test_one_validation_of_razorpays_is_one_question(mine: FundAccount) -> None:
    other = question(added(**VPA))
    past_the_triggers(question(mine), state="CREATED", **ASKED)

    with pytest.raises(IntegrityError, match="payments_validation_made_once"):
        past_the_triggers(other, state="CREATED", **ASKED)


# What each state needs to be allowed by the constraints.
FACTS: dict[State, Changes] = {
    State.WAITING: {},
    State.ASKED: {"asked_at": NOON},
    State.CREATED: ASKED,
    **dict.fromkeys(ENDS - {State.DROPPED}, ASKED | ENDED),
    State.DROPPED: ENDED,
}


def test_a_question_goes_along_the_arrows_and_no_other_way(mine: FundAccount) -> None:
    wrong = []
    for before, after in product(State, State):
        row = question(mine)
        start = {"asked_at": None, "razorpay_id": None, "ended_at": None, "next_look_at": NOON}
        past_the_triggers(row, **start | FACTS[before] | {"state": before.value})
        try:
            with transaction.atomic():
                rows = AccountValidation.objects.filter(pk=row.pk)
                rows.update(**start | FACTS[before] | FACTS[after] | {"state": after.value})
        except IntegrityError as refused:
            allowed = "payments_validation_arrows" not in str(refused)
        else:
            allowed = True
        if allowed != (before == after or after in ARROWS[before]):
            wrong.append((before, after))

    assert wrong == []
    assert frozenset(State) == OPEN | ENDS


@pytest.mark.parametrize(
    "change", [{"asked_at": None}, {"razorpay_id": "fav_2"}, {"asked_at": NOON.replace(hour=1)}]
)
def test_what_was_asked_once_is_never_asked_anew(mine: FundAccount, change: Changes) -> None:
    row = question(mine)
    past_the_triggers(row, state="CREATED", **ASKED)

    with pytest.raises(IntegrityError, match="payments_validation_written_once"):
        AccountValidation.objects.filter(pk=row.pk).update(**change)


@pytest.mark.parametrize("change", [{"zone_code": "BLR"}, {"told_id": uuid4()}])
def test_a_question_is_never_rewritten(mine: FundAccount, change: Changes) -> None:
    with pytest.raises(IntegrityError, match="payments_validation_terms_frozen"):
        AccountValidation.objects.filter(pk=question(mine).pk).update(**change)


def test_a_question_is_born_waiting_and_stays(mine: FundAccount) -> None:
    with (
        pytest.raises(IntegrityError, match="payments_validation_born_waiting"),
        transaction.atomic(),
    ):
        AccountValidation.objects.create(
            fund_account=mine, zone_code="MNP", created_at=NOON, state="MATCHED", **ASKED, **ENDED
        )
    with pytest.raises(IntegrityError, match="payments_validation_never_deleted"):
        AccountValidation.objects.filter(pk=question(mine).pk)._raw_delete("default")


def matched(account: FundAccount) -> AccountValidation:
    row = question(account)
    past_the_triggers(
        row, state="MATCHED", **ENDED, asked_at=NOON, razorpay_id=f"fav_{uuid4().hex}"[:20]
    )
    return row


@pytest.mark.parametrize(
    "change",
    [
        {"verified_at": NOON},
        {"verified_by": uuid4()},
        {"verified_at": None, "verified_by": uuid4()},
    ],
)
def test_an_account_is_verified_by_somebody(mine: FundAccount, change: Changes) -> None:
    with pytest.raises(IntegrityError, match="payments_fund_account_verified_by"):
        FundAccount.objects.filter(pk=mine.pk).update(**change)


def test_an_account_is_verified_by_an_operator_or_by_a_validation_and_not_by_both(
    mine: FundAccount,
) -> None:
    rows, row = FundAccount.objects.filter(pk=mine.pk), matched(mine)
    for change in (
        {"verified_through": row},
        {"verified_at": NOON, "verified_by": uuid4(), "verified_through": row},
    ):
        with (
            pytest.raises(IntegrityError, match="payments_fund_account_verified_by"),
            transaction.atomic(),
        ):
            rows.update(**change)

    rows.update(verified_at=NOON, verified_through=row)
    rows.update(verified_at=NOON, verified_through=None, verified_by=uuid4())


@pytest.mark.parametrize("state", ["CLOSE", "MISMATCHED", "INVALID"])
def test_only_a_match_of_its_own_bank_verifies_an_account(mine: FundAccount, state: str) -> None:
    others, row = matched(added(**VPA)), question(mine)
    past_the_triggers(row, state=state, **ENDED, **ASKED)

    for through in (others, row):
        with (
            pytest.raises(IntegrityError, match="payments_fund_account_verified_through"),
            transaction.atomic(),
        ):
            FundAccount.objects.filter(pk=mine.pk).update(
                verified_at=NOON, verified_through=through
            )
