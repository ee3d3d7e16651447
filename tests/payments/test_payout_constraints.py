"""What the database refuses about payouts, limits and the accounts they go to, whoever writes."""

from datetime import timedelta
from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from apps.payments.machine import ARROWS, BACK_EDGES, OPEN, RANK, RETURNED, State, may_become
from apps.payments.models import (
    FundAccount,
    KycLevel,
    Payout,
    PayoutTransition,
    WalletPolicy,
)
from tests.factories import NOON, make_merchant
from tests.payments.paying_out import LONG_AGO, OPERATOR, Payee, make_owner, make_payee

pytestmark = pytest.mark.django_db
Changes = dict[str, Any]  # Any: columns of many types
SENT = {"submitted_at": NOON, "razorpay_id": "pout_1", "next_look_at": NOON}


@pytest.fixture
def payee() -> Payee:
    return make_payee()


def born(payee: Payee, **changes: Any) -> Payout:  # Any: as above
    """Write a payout's row as no service would."""
    facts: Changes = {
        "kind": "WITHDRAWAL", "person": payee.rider, "zone_code": "MNP", "mode": "UPI",
        "fund_account": payee.account, "amount_paise": 500_00, "held_journal_id": uuid4(),
        "requested_by": uuid4(), "created_at": NOON, "status_changed_at": NOON,
    }  # fmt: skip
    return Payout.objects.create(**facts | changes)


def forged(payee: Payee, changes: Changes) -> None:
    """Write it past the triggers about births, which are asked first."""
    pass_the_triggers()
    born(payee, **changes)


def pass_the_triggers(*, also: bool = True) -> None:
    """Let rows be written past the triggers, to the end of the savepoint or until told otherwise."""
    with connection.cursor() as cursor:
        role = "replica" if also else "origin"
        cursor.execute(f"SET LOCAL session_replication_role = {role}")


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("payments_payout_has_one_payee", {"kind": "REFUND"}),
        ("payments_payout_has_one_payee", {"person": None}),
        ("payments_payout_amount_positive", {"amount_paise": 0}),
        ("payments_payout_has_a_zone", {"zone_code": ""}),
        ("payments_payout_submitted_when", {"submitted_at": NOON}),
        ("payments_payout_submitted_when", {"razorpay_id": "pout_1"}),
        ("payments_payout_submitted_when", {"attempts": 1}),
        ("payments_payout_submitted_when", {"state": "SUBMITTING", "next_look_at": NOON}),
        ("payments_payout_submitted_when", SENT | {"state": "SUBMITTING"}),
        ("payments_payout_submitted_when", SENT | {"state": "QUEUED", "razorpay_id": None}),
        ("payments_payout_submitted_when", SENT | {"state": "PROCESSING", "submitted_at": None}),
        ("payments_payout_submitted_when", SENT | {"state": "SOMEHOW"}),
        ("payments_payout_paid_when_processed", SENT | {"state": "PROCESSED"}),
        (
            "payments_payout_paid_when_processed",
            SENT | {"state": "PROCESSING", "paid_journal_id": uuid4()},
        ),
        (
            "payments_payout_paid_when_processed",
            {"state": "FAILED", "returned_journal_id": uuid4(), "processed_at": NOON},
        ),
        ("payments_payout_fee_includes_tax", {"fee_paise": 1}),
        ("payments_payout_fee_includes_tax", {"fee_paise": 1, "tax_paise": 2}),
        ("payments_payout_returned_when_over", {"state": "FAILED"}),
        ("payments_payout_returned_when_over", {"state": "CANCELLED"}),
        ("payments_payout_returned_when_over", {"state": "REJECTED"}),
        ("payments_payout_returned_when_over", SENT | {"state": "REVERSED"}),
        ("payments_payout_returned_when_over", {"returned_journal_id": uuid4()}),
        ("payments_payout_is_looked_at", {"state": "APPROVED"}),
        ("payments_payout_is_looked_at", SENT | {"state": "PROCESSING", "next_look_at": None}),
        (
            "payments_payout_is_looked_at",
            SENT | {"state": "PENDING_APPROVAL", "next_look_at": None},
        ),
        ("payments_payout_times_in_order", {"status_changed_at": LONG_AGO}),
    ],
)
def test_a_payout_that_cannot_be_true_is_refused(payee: Payee, name: str, changes: Changes) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        forged(payee, changes)


def test_a_payout_at_razorpay_is_one_of_ours_once(payee: Payee) -> None:
    pass_the_triggers()
    born(payee, **SENT, state="PROCESSING")

    with pytest.raises(IntegrityError, match="payments_payout_sent_once"), transaction.atomic():
        born(payee, **SENT, state="PROCESSING")
    pass_the_triggers(also=False)


def test_a_senders_key_makes_one_payout(payee: Payee) -> None:
    first = born(payee, request_key="one")

    with pytest.raises(IntegrityError, match="payments_payout_request_once"), transaction.atomic():
        born(payee, request_key="one", requested_by=first.requested_by)


def test_a_payout_is_born_requested(payee: Payee) -> None:
    with (
        pytest.raises(IntegrityError, match="payments_payout_born_requested"),
        transaction.atomic(),
    ):
        born(payee, state="APPROVED", next_look_at=NOON)


@pytest.mark.parametrize(
    "changes",
    [
        {"amount_paise": 1}, {"mode": "IMPS"}, {"zone_code": "BLR"}, {"held_journal_id": uuid4()},
        {"requested_by": uuid4()}, {"request_key": "x"}, {"created_at": LONG_AGO},
    ],
)  # fmt: skip
def test_what_was_asked_for_never_changes(changes: Changes) -> None:
    payout = make_payee().ask()

    with pytest.raises(IntegrityError, match="payments_payout_terms_frozen"), transaction.atomic():
        Payout.objects.filter(pk=payout.pk).update(**changes)


def test_a_payout_is_never_paid_to_another_account() -> None:
    payout, other = make_payee().ask(), make_payee()

    with pytest.raises(IntegrityError, match="payments_payout_terms_frozen"), transaction.atomic():
        Payout.objects.filter(pk=payout.pk).update(fund_account=other.account)


def test_the_arrows_only_go_forward() -> None:
    arrows = [pair for pair in product(State, State) if may_become(*pair)]

    for before, after in arrows:
        assert RANK[before] < RANK[after] or (before, after) in BACK_EDGES
        # Nothing that was paid or given back is on its way again.
        assert before in OPEN or after == State.REVERSED
    assert {before for before, _ in arrows} == OPEN | {State.PROCESSED, State.FAILED}
    assert {after for _, after in arrows} >= RETURNED


def test_the_database_lets_a_payout_go_only_where_an_arrow_leads() -> None:
    payout = make_payee().ask()
    allowed = ARROWS[State.APPROVED]

    for after in State:
        if after in allowed or after == State.APPROVED:
            continue
        with pytest.raises(IntegrityError, match="payments_payout_arrows"), transaction.atomic():
            Payout.objects.filter(pk=payout.pk).update(state=after)


@pytest.mark.parametrize(
    "column", ["submitted_at", "razorpay_id", "processed_at", "paid_journal_id"]
)
def test_what_is_known_of_a_payout_is_known_for_good(payee: Payee, column: str) -> None:
    paid = {"paid_journal_id": uuid4(), "processed_at": NOON, "fee_paise": 3, "tax_paise": 1}
    pass_the_triggers()
    payout = born(payee, **SENT, **paid, state="PROCESSED")
    pass_the_triggers(also=False)

    with pytest.raises(IntegrityError, match="payments_payout_written_once"), transaction.atomic():
        Payout.objects.filter(pk=payout.pk).update(**{column: None})


def test_what_was_given_back_is_known_for_good(payee: Payee) -> None:
    pass_the_triggers()
    payout = born(payee, returned_journal_id=uuid4(), state="FAILED")
    pass_the_triggers(also=False)

    with pytest.raises(IntegrityError, match="payments_payout_written_once"), transaction.atomic():
        Payout.objects.filter(pk=payout.pk).update(returned_journal_id=uuid4())


def test_payouts_and_their_steps_stay() -> None:
    payout = make_payee().ask()

    with pytest.raises(IntegrityError, match="payments_payout_never_deleted"), transaction.atomic():
        Payout.objects.filter(pk=payout.pk)._raw_delete("default")
    name = "payments_payout_transition_append_only"
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        PayoutTransition.objects.update(after="PROCESSED")
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        PayoutTransition.objects.all()._raw_delete("default")


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("payments_policy_who_known", {"who": "TIER_9"}),
        ("payments_policy_in_range", {"payout_min_paise": 99}),
        ("payments_policy_in_range", {"payout_max_paise": -1}),
        ("payments_policy_in_range", {"payout_day_paise": -1}),
        ("payments_policy_in_range", {"max_balance_paise": -1}),
        ("payments_policy_in_range", {"screen_above_paise": -1}),
    ],
)
def test_limits_that_make_no_sense_are_refused(name: str, changes: Changes) -> None:
    facts: Changes = {
        "who": "TIER_1", "effective_from": NOON, "payout_min_paise": 1_00, "payout_max_paise": 0,
        "payouts_a_day": 1, "credit_age_hours": 0, "reason": "x",
    }  # fmt: skip

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        WalletPolicy.objects.create(**facts | changes)


def test_limits_and_levels_are_written_once() -> None:
    payee = make_payee()
    policy = WalletPolicy.objects.get(who="TIER_1", set_by=None)
    with (
        pytest.raises(IntegrityError, match="payments_policy_once_for_an_instant"),
        transaction.atomic(),
    ):
        WalletPolicy.objects.create(
            who="TIER_1", effective_from=policy.effective_from, payout_min_paise=1_00,
            payout_max_paise=0, payouts_a_day=1, credit_age_hours=0, reason="x",
        )  # fmt: skip
    with pytest.raises(IntegrityError, match="payments_policy_append_only"), transaction.atomic():
        WalletPolicy.objects.update(payout_max_paise=1)
    with pytest.raises(IntegrityError, match="payments_kyc_append_only"), transaction.atomic():
        KycLevel.objects.update(level=2)
    with pytest.raises(IntegrityError, match="payments_kyc_level_known"), transaction.atomic():
        KycLevel.objects.create(
            person_id=str(payee.account.person_id),
            level=3,
            effective_from=NOON,
            set_by=OPERATOR,
            reason="x",
        )


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("payments_fund_account_has_one_payee", {"merchant": "somebody"}),
        ("payments_fund_account_has_one_payee", {"person": None}),
        ("payments_fund_account_verified_by", {"verified_by": uuid4()}),
        ("payments_fund_account_verified_by", {"verified_at": NOON}),
    ],
)
def test_an_account_that_cannot_be_true_is_refused(name: str, changes: Changes) -> None:
    facts: Changes = {
        "person": make_payee().rider, "kind": "vpa", "vpa": "x@upi", "holder_name": "x",
        "tail": "upi", "account_index": "x", "created_at": NOON,
        "payable_from": NOON + timedelta(1),
    }  # fmt: skip
    changes = {
        column: make_merchant() if value == "somebody" else value
        for column, value in changes.items()
    }

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        FundAccount.objects.create(**facts | changes)


def test_a_merchants_account_is_a_bank_account_and_on_its_list_once() -> None:
    owner = make_owner()
    facts: Changes = {
        "merchant": owner.merchant, "kind": "vpa", "vpa": "x@upi", "holder_name": "x",
        "tail": "upi", "account_index": owner.account.account_index, "created_at": NOON,
        "payable_from": NOON,
    }  # fmt: skip

    with (
        pytest.raises(IntegrityError, match="payments_fund_account_has_one_payee"),
        transaction.atomic(),
    ):
        FundAccount.objects.create(**facts)
    bank = {"kind": "bank_account", "vpa": "", "account_number": "1" * 9, "ifsc": "SBIN0001234"}
    with (
        pytest.raises(IntegrityError, match="payments_fund_account_once_for_a_merchant"),
        transaction.atomic(),
    ):
        FundAccount.objects.create(**facts | bank)
