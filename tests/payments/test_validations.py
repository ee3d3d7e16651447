"""A payout account's bank is asked once in whose name it is, and what follows from each answer."""

from datetime import timedelta
from typing import Any

import pytest

from apps.accounts.models import AuditEvent
from apps.merchants.models import Staff
from apps.notifications.models import InboxMessage
from apps.payments import services
from apps.payments.errors import (
    FundAccountNotPayable,
    OwnPayout,
    PayoutReasonRequired,
    ValidationNotClose,
    ValidationNotNeeded,
)
from apps.payments.gateway import Gateway
from apps.payments.models import AccountValidation, FundAccount
from apps.payments.services.payout_submitting import SETTLES
from tests.factories import NOON, make_merchant, make_rider, make_staff
from tests.payments.paying_out import OPERATOR, give
from tests.payments.validating import (
    BANK,
    VPA,
    added,
    answered,
    asked,
    looked,
    put_at,
    question,
    state,
)
from tests.sandbox.pretended_razorpay import RazorpayProcess

pytestmark = pytest.mark.django_db
LATER = NOON + SETTLES


@pytest.fixture(autouse=True)
def nothing_moves_by_itself(cloud: RazorpayProcess) -> None:
    cloud.order("validations", ends="", seconds=0)
    cloud.order("clock", at=int(NOON.timestamp()))


@pytest.mark.parametrize("facts", [BANK, VPA])
def test_a_name_that_fits_verifies_the_account(
    cloud: RazorpayProcess, account: Gateway, facts: dict[str, Any]
) -> None:
    mine = added(**facts)
    assert state(mine) == ("WAITING", "checking")
    asked(mine, account)
    assert state(mine) == ("CREATED", "checking")

    answered(cloud, mine)

    assert looked(mine, account) == ("MATCHED", "verified")
    row, asked_it = FundAccount.objects.get(pk=mine.pk), question(mine)
    assert (row.verified_at, row.verified_by, row.verified_through) == (NOON, None, asked_it)
    assert asked_it.registered_name == "ASHA RAO"
    event = AuditEvent.objects.get(action="fund_account.verified")
    assert (event.object_id, event.actor_id) == (str(mine.pk), None)
    told = InboxMessage.objects.get(kind="fund_account.verified")
    assert told.person_id == mine.person_id
    assert "Asha" not in told.title + told.body


def test_a_merchants_account_is_verified_like_a_riders(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    merchant = make_merchant("Corner Café")
    owner_id = make_staff(merchant, Staff.Role.OWNER)
    mine = services.add_fund_account(
        merchant_id=merchant.pk, actor_id=owner_id, holder_name="Corner Café", now=NOON, **BANK
    )
    asked(mine, account)

    answered(cloud, mine, names={BANK["account_number"]: "CORNER CAFE"})

    assert looked(mine, account) == ("MATCHED", "verified")
    assert InboxMessage.objects.get(kind="fund_account.verified").person_id == owner_id


def test_what_is_validated_is_what_is_paid_to(cloud: RazorpayProcess, account: Gateway) -> None:
    mine = added()

    made = asked(mine, account)

    mine.refresh_from_db()
    (row,) = put_at(cloud)
    assert row["fund_account"]["id"] == mine.razorpay_id
    assert (row["notes"], row["id"]) == ({"reference": made.reference}, made.razorpay_id)


def test_a_name_that_nearly_fits_waits_for_a_person(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    mine = added()
    asked(mine, account)
    answered(cloud, mine, names={BANK["account_number"]: "A RAO"})
    assert looked(mine, account) == ("CLOSE", "in_review")

    services.decide_validation(
        validation_id=question(mine).pk, accept=True, actor_id=OPERATOR, reason="PAN", now=NOON
    )

    row = FundAccount.objects.get(pk=mine.pk)
    assert (row.verified_at, row.verified_by, row.verified_through) == (NOON, OPERATOR, None)
    with pytest.raises(ValidationNotClose):
        services.decide_validation(
            validation_id=question(mine).pk, accept=False, actor_id=OPERATOR, reason="no", now=NOON
        )


def test_whom_an_operator_finds_to_be_another_is_told(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    mine = added()
    asked(mine, account)
    answered(cloud, mine, names={BANK["account_number"]: "A RAO"})
    looked(mine, account)
    decide: dict[str, Any] = {"validation_id": question(mine).pk, "accept": False, "now": NOON}
    with pytest.raises(PayoutReasonRequired):
        services.decide_validation(**decide, actor_id=OPERATOR, reason=" ")
    with pytest.raises(OwnPayout):
        services.decide_validation(**decide, actor_id=mine.person_id or OPERATOR, reason="mine")

    services.decide_validation(**decide, actor_id=OPERATOR, reason="her brother's")

    assert state(mine) == ("CLOSE", "name_mismatch")
    assert FundAccount.objects.get(pk=mine.pk).verified_at is None
    assert InboxMessage.objects.filter(kind="fund_account.name_mismatch").count() == 1
    assert AuditEvent.objects.get(action="fund_account.refused").reason == "her brother's"


def test_another_name_is_told_clearly_and_another_account_may_follow(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    mine = added()
    asked(mine, account)
    answered(cloud, mine, names={BANK["account_number"]: "RAVI KUMAR"})

    assert looked(mine, account) == ("MISMATCHED", "name_mismatch")

    told = InboxMessage.objects.get(kind="fund_account.name_mismatch")
    assert told.person_id == mine.person_id
    # Whose account it is is nobody's business.
    assert "ravi" not in f"{told.title} {told.body} {told.data}".lower()
    other = added(mine.person, **VPA)
    asked(other, account)
    answered(cloud, other)
    assert looked(other, account) == ("MATCHED", "verified")


def test_nothing_is_paid_to_an_account_in_another_name(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    make_merchant("Any shop")
    mine = added()
    assert mine.person is not None
    give(mine.person, 1_000_00)
    services.set_kyc_level(
        person_id=mine.person.pk, level=1, actor_id=OPERATOR, reason="PAN", now=NOON
    )
    asked(mine, account)
    answered(cloud, mine, names={BANK["account_number"]: "RAVI KUMAR"})
    looked(mine, account)

    with pytest.raises(FundAccountNotPayable) as refused:
        services.request_withdrawal(
            person_id=mine.person.pk, amount_paise=500_00, fund_account_id=mine.pk, key=None,
            now=NOON + timedelta(days=2),
        )  # fmt: skip

    assert refused.value.extra == {"until": None, "verification": "name_mismatch"}


def test_an_account_that_no_bank_knows_is_told(cloud: RazorpayProcess, account: Gateway) -> None:
    mine = added()
    asked(mine, account)

    answered(cloud, mine, unknown=[BANK["account_number"]])

    assert looked(mine, account) == ("INVALID", "not_found")
    assert InboxMessage.objects.get(kind="fund_account.not_found").person_id == mine.person_id


def test_an_account_that_razorpay_refuses_is_told_without_a_question(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    # As if a stricter rule of Razorpay's had come: what it refuses by a field is about the account.
    mine = added(vpa="asha.rao@ok1")

    assert services.validate_next(gateway=account, now=NOON) == "refused"

    assert state(mine) == ("INVALID", "not_found")
    assert put_at(cloud) == []


def test_a_name_that_fits_the_form_and_not_the_person_is_left_to_a_person(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    mine = added(make_rider("ravi kumar", now=NOON))
    asked(mine, account)

    answered(cloud, mine)

    assert looked(mine, account) == ("CLOSE", "in_review")


@pytest.mark.parametrize("leave", ["removed", "verified"])
def test_what_nobody_needs_to_know_is_not_asked(
    cloud: RazorpayProcess, account: Gateway, leave: str
) -> None:
    mine = added()
    if leave == "removed":
        services.remove_fund_account(fund_account_id=mine.pk, person_id=mine.person_id, now=NOON)
    else:
        services.verify_fund_account(
            fund_account_id=mine.pk, actor_id=OPERATOR, reason="a statement", now=NOON
        )

    assert question(mine).state == "DROPPED"
    assert services.validate_next(gateway=account, now=NOON) is None
    assert put_at(cloud) == []


def test_of_a_removed_account_no_name_is_kept(cloud: RazorpayProcess, account: Gateway) -> None:
    mine = added()
    asked(mine, account)
    services.remove_fund_account(fund_account_id=mine.pk, person_id=mine.person_id, now=NOON)

    answered(cloud, mine)

    assert looked(mine, account)[0] == "FAILED"
    assert (question(mine).registered_name, question(mine).reason) == ("", "removed")
    assert AccountValidation.objects.filter(fund_account=mine).count() == 1
    assert not InboxMessage.objects.filter(kind__startswith="fund_account").exists()


def test_who_adds_many_accounts_waits(cloud: RazorpayProcess, account: Gateway) -> None:
    rider = make_rider(now=NOON)
    accounts = [added(rider, vpa=f"asha{number}@upi") for number in range(4)]

    outcomes = [services.validate_next(gateway=account, now=NOON) for _ in accounts]

    assert outcomes == ["CREATED", "CREATED", "CREATED", None]
    assert services.validate_next(gateway=account, now=NOON + timedelta(days=1)) == "CREATED"
    assert len(put_at(cloud)) == 4


def test_an_operator_has_a_bank_asked_again(cloud: RazorpayProcess, account: Gateway) -> None:
    mine = added()
    ask: dict[str, Any] = {
        "fund_account_id": mine.pk,
        "actor_id": OPERATOR,
        "reason": "she changed her name",
    }
    with pytest.raises(ValidationNotNeeded):
        services.ask_bank(**ask, now=NOON)
    asked(mine, account)
    answered(cloud, mine, names={BANK["account_number"]: "RAVI KUMAR"})
    looked(mine, account)

    services.ask_bank(**ask, now=NOON)

    asked(mine, account)
    answered(cloud, mine, names={BANK["account_number"]: "RAO ASHA"})
    assert looked(mine, account) == ("MATCHED", "verified")
    with pytest.raises(ValidationNotNeeded):
        services.ask_bank(**ask, now=NOON)
