"""Withdrawals and refunds over HTTP: who asks, what is answered, and every reason not to pay."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from apps.accounts import services as accounts
from apps.accounts.models import PayoutCooling
from apps.merchants import services as merchants
from apps.merchants.models import Staff
from apps.payments import services
from apps.payments.errors import OwnPayout, PayoutNotScreened
from apps.payments.gateway import Gateway
from apps.payments.models import FundAccount, Payout
from tests.factories import make_staff
from tests.payments import paying_out
from tests.payments.paying_out import HAS_PAISE, LIMITS, OPERATOR, Payee, checked_account, give
from tests.sandbox.pretended_razorpay import RazorpayProcess
from uma.kernel.http.authentication import issue_access_token
from uma.kernel.ids import new_id

pytestmark = pytest.mark.django_db
WITHDRAWALS, REFUNDS = "/api/user/withdrawals", "/api/merchant/refunds"
Body = dict[str, Any]  # Any: a JSON document


class Caller:
    """Somebody signed in, so many minutes ago."""

    def __init__(self, user_id: UUID, role: str, *, minutes: float = 0) -> None:
        now = datetime.now(UTC)
        token = issue_access_token(
            user_id=user_id, role=role, session_id=new_id(), now=now,
            authenticated_at=now - timedelta(minutes=minutes),
        )  # fmt: skip
        self.headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str) -> Any:  # Any: Django's test response
        return Client().get(path, headers=self.headers)

    def post(self, path: str, body: Body | None = None, *, key: str = "") -> Any:  # Any: as above
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        return Client().post(path, body or {}, content_type="application/json", headers=headers)


@pytest.fixture
def rider() -> Payee:
    return paying_out.make_payee()


@pytest.fixture
def owner() -> Payee:
    return paying_out.make_owner()


def of(payee: Payee, *, minutes: float = 0) -> Caller:
    if payee.rider is not None:
        return Caller(payee.rider.pk, "rider", minutes=minutes)
    assert payee.owner_id is not None
    return Caller(payee.owner_id, "merchant", minutes=minutes)


def asking(payee: Payee, amount: float = 500, *, minutes: float = 0, key: str = "") -> Any:
    # Any: Django's test response
    path = WITHDRAWALS if payee.rider is not None else REFUNDS
    body = {"amount": amount, "fundAccountId": str(payee.account.pk)}
    return of(payee, minutes=minutes).post(path, body, key=key)


def refused(answer: Any) -> str:  # Any: as above
    assert answer.status_code >= 400
    code: str = answer.json()["code"]
    return code


@pytest.mark.parametrize("who", ["rider", "owner"])
def test_a_payout_is_asked_for_seen_and_taken_back(
    request: pytest.FixtureRequest, who: str
) -> None:
    payee: Payee = request.getfixturevalue(who)
    path = WITHDRAWALS if who == "rider" else REFUNDS
    before = payee.purse

    made = asking(payee)

    assert made.status_code == 201
    told = made.json()
    assert (told["status"], told["amount"], told["cancellable"]) == ("approved", 500, True)
    assert told["account"] == payee.account.shown
    assert payee.purse == before - 500_00
    caller = of(payee)
    assert caller.get(path).json() == [told]
    assert caller.get(f"{path}/{told['id']}").json() == told
    for _ in range(2):
        back = caller.post(f"{path}/{told['id']}/cancel")
        assert (back.status_code, back.json()["status"]) == (200, "cancelled")
    assert (payee.purse, payee.aside) == (before, 0)


def test_the_same_request_again_is_the_same_payout(rider: Payee) -> None:
    first, second = asking(rider, key="one"), asking(rider, key="one")
    other = asking(rider, 400, key="one")

    assert first.json() == second.json()
    assert second["Idempotent-Replayed"] == "true"
    assert refused(other) == "idempotency_key_reused"
    assert Payout.objects.count() == 1


def test_what_is_sent_is_taken_back_no_more(
    cloud: RazorpayProcess, account: Gateway, rider: Payee
) -> None:
    assert cloud.url
    made = asking(rider).json()
    services.submit_next(gateway=account, now=datetime.now(UTC))

    answer = of(rider).post(f"{WITHDRAWALS}/{made['id']}/cancel")

    assert refused(answer) == "payout_not_cancellable"
    assert rider.aside == 500_00


def test_a_payee_sees_no_other_payees_payouts(rider: Payee, owner: Payee) -> None:
    made = asking(rider).json()
    stranger = of(paying_out.make_payee())

    assert refused(stranger.get(f"{WITHDRAWALS}/{made['id']}")) == "payout_not_found"
    assert refused(stranger.post(f"{WITHDRAWALS}/{made['id']}/cancel")) == "payout_not_found"
    assert refused(of(owner).get(f"{REFUNDS}/{made['id']}")) == "payout_not_found"
    assert stranger.get(WITHDRAWALS).json() == []


@pytest.mark.parametrize("who", ["rider", "owner"])
def test_money_leaves_only_right_after_a_sign_in(request: pytest.FixtureRequest, who: str) -> None:
    payee: Payee = request.getfixturevalue(who)

    assert refused(asking(payee, minutes=6)) == "fresh_sign_in_required"

    assert Payout.objects.count() == 0


@pytest.mark.parametrize("role", [Staff.Role.MANAGER, Staff.Role.ACCOUNTANT, Staff.Role.SCANNER])
def test_only_an_owner_takes_a_merchants_money_out(owner: Payee, role: str) -> None:
    assert owner.merchant is not None
    other = Caller(make_staff(owner.merchant, role), "merchant")
    body = {"amount": 500, "fundAccountId": str(owner.account.pk)}

    assert refused(other.post(REFUNDS, body)) == "role_not_allowed"
    assert refused(other.get("/api/merchant/fund-accounts")) == "role_not_allowed"


def test_a_merchants_money_stays_while_its_wallet_is_frozen(owner: Payee) -> None:
    assert owner.merchant is not None
    merchants.freeze_wallet(
        merchant_id=owner.merchant.pk, actor_id=OPERATOR, reason="x", now=datetime.now(UTC)
    )

    assert refused(asking(owner)) == "wallet_frozen"


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        (99.99, "payout_amount_not_allowed"),
        (2_000.01, "payout_amount_not_allowed"),
        (1_500.01, "insufficient_funds"),
    ],
)
def test_an_amount_is_within_the_bounds_and_the_balance(
    rider: Payee, amount: float, code: str
) -> None:
    assert refused(asking(rider, amount)) == code
    assert (rider.purse, rider.aside) == (HAS_PAISE, 0)


def test_the_least_amount_is_enough(rider: Payee) -> None:
    assert asking(rider, 100).status_code == 201


def test_whom_we_know_by_phone_alone_is_not_paid() -> None:
    payee = paying_out.make_payee(level=0)

    assert refused(asking(payee)) == "kyc_level_too_low"


def test_a_level_holds_from_its_day_on(rider: Payee) -> None:
    assert rider.rider is not None
    services.set_kyc_level(
        person_id=rider.rider.pk, level=0, actor_id=OPERATOR, reason="a doubt",
        now=datetime.now(UTC),
    )  # fmt: skip

    assert refused(asking(rider)) == "kyc_level_too_low"


def test_credits_of_the_last_day_stay(rider: Payee) -> None:
    now = datetime.now(UTC)
    assert rider.rider is not None
    give(rider.rider, 400_00, now=now - timedelta(hours=23))

    answer = asking(rider, 1_500.01)

    assert refused(answer) == "not_withdrawable_yet"
    assert answer.json()["withdrawable"] == 1_500
    assert asking(rider, 1_500).status_code == 201


def test_what_was_spent_came_from_the_oldest_credits(rider: Payee) -> None:
    now = datetime.now(UTC)
    assert rider.rider is not None
    asking(rider, 1_400)
    give(rider.rider, 400_00, now=now - timedelta(hours=1))

    assert asking(rider, 100).status_code == 201
    assert refused(asking(rider, 100)) == "not_withdrawable_yet"


def test_money_that_comes_back_has_waited_already(rider: Payee) -> None:
    made = asking(rider, 1_500).json()
    of(rider).post(f"{WITHDRAWALS}/{made['id']}/cancel")

    assert asking(rider, 1_500).status_code == 201


def test_three_payouts_a_day_and_no_fourth(rider: Payee) -> None:
    assert [asking(rider, 100).status_code for _ in range(3)] == [201] * 3

    answer = asking(rider, 100)

    assert refused(answer) == "payout_limit_reached"
    assert answer.json()["limit"] == "payouts_a_day"


def test_the_days_and_the_months_amounts_are_limits() -> None:
    rider = paying_out.make_payee(has_paise=9_000_00)

    assert asking(rider, 1_900).status_code == 201
    answer = asking(rider, 100.01)

    assert refused(answer) == "payout_limit_reached"
    assert (answer.json()["limit"], answer.json()["left"]) == ("day_limit", 100)
    assert asking(rider, 100).status_code == 201


def test_new_limits_need_no_new_code(rider: Payee) -> None:
    now = datetime.now(UTC)
    services.set_wallet_policy(
        who="TIER_1", limits=LIMITS, effective_from=now, actor_id=OPERATOR, reason="counsel",
        now=now,
    )  # fmt: skip
    assert rider.rider is not None
    give(rider.rider, 5_000_00)

    assert asking(rider, 4_000).status_code == 201


def test_after_an_unusual_sign_in_withdrawals_wait(rider: Payee) -> None:
    now = datetime.now(UTC)
    assert rider.rider is not None
    PayoutCooling.objects.create(
        person=rider.rider,
        reason="new_device",
        begins_at=now,
        ends_at=now + timedelta(hours=24),
    )

    answer = asking(rider)

    assert refused(answer) == "payouts_paused"
    assert answer.json()["until"]


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"verified_at": None, "verified_by": None}, "fund_account_not_payable"),
        ({"removed_at": datetime.now(UTC)}, "unknown_fund_account"),
    ],
)
def test_money_goes_to_an_account_that_was_checked(rider: Payee, facts: Body, code: str) -> None:
    FundAccount.objects.filter(pk=rider.account.pk).update(**facts)

    assert refused(asking(rider)) == code


def test_money_goes_to_no_account_of_today(rider: Payee) -> None:
    assert rider.rider is not None
    new = checked_account(
        now=datetime.now(UTC), person_id=rider.rider.pk, holder_name="Neha", vpa="new@upi"
    )

    answer = asking(Payee(new, rider=rider.rider))

    assert refused(answer) == "fund_account_not_payable"
    assert answer.json()["until"]


def test_money_goes_to_nobody_elses_account(rider: Payee, owner: Payee) -> None:
    stranger = paying_out.make_payee()

    assert refused(asking(Payee(stranger.account, rider=rider.rider))) == "unknown_fund_account"
    assert refused(asking(Payee(owner.account, rider=rider.rider))) == "unknown_fund_account"


def test_an_account_that_two_people_named_is_looked_at_first(rider: Payee) -> None:
    other = paying_out.make_payee()
    assert other.rider is not None
    shared = checked_account(
        person_id=other.rider.pk, holder_name="Somebody", vpa=rider.account.vpa
    )

    told = asking(Payee(shared, rider=other.rider)).json()

    assert (told["status"], told["waitsFor"], told["cancellable"]) == (
        "screening", "screening", True,
    )  # fmt: skip


def test_a_large_refund_is_decided_by_somebody_else() -> None:
    owner = paying_out.make_owner(has_paise=90_000_00)
    told = asking(owner, 60_000).json()
    assert told["status"] == "screening"
    assert owner.owner_id is not None
    payout_id, now = UUID(told["id"]), datetime.now(UTC)

    with pytest.raises(OwnPayout):
        services.approve_payout(
            payout_id=payout_id, actor_id=owner.owner_id, reason="mine", now=now
        )
    services.reject_payout(payout_id=payout_id, actor_id=OPERATOR, reason="no papers", now=now)

    assert (owner.purse, owner.aside) == (90_000_00, 0)
    with pytest.raises(PayoutNotScreened):
        services.approve_payout(payout_id=payout_id, actor_id=OPERATOR, reason="well", now=now)


def test_while_payouts_are_halted_the_payee_is_told_to_wait(rider: Payee) -> None:
    services.halt_payouts(reason="custody differs", actor_id=None, now=datetime.now(UTC))

    told = asking(rider).json()

    assert (told["status"], told["waitsFor"]) == ("approved", "halt")


def test_the_wallet_says_how_much_can_be_withdrawn_and_why_not_more(rider: Payee) -> None:
    assert rider.rider is not None
    give(rider.rider, 250_00, now=datetime.now(UTC))

    purse = of(rider).get("/api/user/wallet").json()

    assert (purse["balance"], purse["withdrawable"], purse["least"]) == (1_750, 1_500, 100)
    assert purse["reasons"] == [{"code": "too_young", "until": None, "amount": 250}]
    assert asking(rider, purse["withdrawable"]).status_code == 201


def test_a_merchant_adds_and_removes_a_bank_account_of_its_own(owner: Payee) -> None:
    caller, path = of(owner), "/api/merchant/fund-accounts"
    body = {"holderName": "Corner Cafe", "accountNumber": "123456789012", "ifsc": "sbin0001234"}

    added = caller.post(path, body)

    assert added.status_code == 201
    assert (added.json()["account"], added.json()["verified"]) == ("•••• 9012", False)
    assert refused(caller.post(path, body)) == "fund_account_known"
    assert len(caller.get(path).json()) == 2
    gone = Client().delete(f"{path}/{added.json()['id']}", headers=caller.headers)
    assert gone.status_code == 204
    assert len(caller.get(path).json()) == 1


def test_a_ban_keeps_nobody_from_their_money(rider: Payee) -> None:
    now = datetime.now(UTC)
    assert rider.rider is not None
    accounts.suspend(
        rider_id=rider.rider.pk, until=now + timedelta(7), actor_id=None, reason="x", now=now
    )

    assert asking(rider).status_code == 201


def test_pages_of_payouts_hang_together(rider: Payee) -> None:
    ids = [asking(rider, 100).json()["id"] for _ in range(3)]
    caller = of(rider)

    first = caller.get(f"{WITHDRAWALS}?limit=2")
    link = first["Link"].partition(">")[0].lstrip("<")
    second = caller.get(link[link.index("/api") :])

    assert [row["id"] for row in first.json() + second.json()] == ids[::-1]
