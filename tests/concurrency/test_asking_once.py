"""Two at one question: one order, one verification, one level after the other; what each lock is for."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from apps.accounts.models import AuditEvent
from apps.payments import selectors, services
from apps.payments.gateway import Gateway, OrderFacts
from apps.payments.models import AccountValidation, FundAccount, Prepayment, TopUp
from apps.payments.reports import FloatLine
from apps.payments.services import prepaying, validation_answers
from apps.wallet import services as wallet
from tests.concurrency.meeting import at_once, paused, paused_after
from tests.factories import NOON, make_merchant, make_rider, make_zone
from tests.payments.making import AMOUNT_PAISE
from tests.payments.prepaid import begun, made_up, now_of
from tests.payments.validating import COST_PAISE, COST_TAX_PAISE

pytestmark = pytest.mark.django_db(transaction=True)


class Forgetful(Gateway):
    """A gateway at which two who ask at once both find no order, and each makes one."""

    def __init__(self) -> None:
        super().__init__(client=None)

    def order_with_receipt(self, *, receipt: str) -> OrderFacts | None:
        assert receipt
        return None

    def create_order(
        self, *, amount_paise: int, receipt: str, held_minutes: int | None = None
    ) -> OrderFacts:
        assert held_minutes != 0
        return OrderFacts(f"order_{uuid4().hex[:8]}", amount_paise, receipt, "created")


def names_of_the_order(
    order: Callable[[], TopUp | Prepayment],
    model: type[TopUp | Prepayment],
    monkeypatch: pytest.MonkeyPatch,
) -> set[object]:
    monkeypatch.setattr(model, "save", paused(model.save))
    told = at_once(*[lambda: order().order_id] * 2)
    return {*told, model._default_manager.get().order_id}


def test_a_top_up_that_two_order_at_once_has_one_order(monkeypatch: pytest.MonkeyPatch) -> None:
    top_up = services.begin_top_up(
        merchant_id=make_merchant().pk, amount_paise=AMOUNT_PAISE, actor_id=uuid4(), key=None,
        now=NOON,
    ).top_up  # fmt: skip

    # Whoever was told of another order would pay what nobody credits.
    assert (
        len(
            names_of_the_order(
                lambda: services.order_top_up(top_up_id=top_up.pk, gateway=Forgetful(), now=NOON),
                TopUp,
                monkeypatch,
            )
        )
        == 1
    )


def test_a_payment_in_advance_that_two_order_at_once_has_one_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_zone("MNP", now=NOON)
    row = begun()

    assert (
        len(
            names_of_the_order(
                lambda: services.order_prepayment(
                    prepayment_id=row.pk, gateway=Forgetful(), now=NOON
                ),
                Prepayment,
                monkeypatch,
            )
        )
        == 1
    )


def test_of_a_purchase_that_is_heard_of_and_one_that_is_undone_at_once_one_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_zone("MNP", now=NOON)
    row = made_up("PLEDGED")
    monkeypatch.setattr(prepaying, "_move", paused(prepaying._move))

    taken, undone = at_once(
        lambda: services.take_prepayment(purpose=row.purpose, now=NOON),
        lambda: services.undo_prepayment(
            purpose=row.purpose, back_paise=0, reason="changed", now=NOON
        ),
    )

    # Neither runs into the arrows behind the lock, and the seller's yes is taken only for money that is there.
    assert (undone, taken) == (None, now_of(row).state == "DUE")


def unverified() -> FundAccount:
    account = services.add_fund_account(
        person_id=make_rider().pk, holder_name="Asha Rao", now=NOON, vpa="asha.rao@upi"
    )
    AccountValidation.objects.update(state="DROPPED", next_look_at=None, ended_at=NOON)
    return account


def test_of_two_operators_who_verify_an_account_at_once_the_first_look_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = unverified()
    named = "apps.payments.services.fund_accounts.drop_waiting"
    monkeypatch.setattr(named, paused(validation_answers.drop_waiting))

    at_once(
        *[
            lambda operator=operator: services.verify_fund_account(
                fund_account_id=account.pk, actor_id=operator, reason="the name fits", now=NOON
            )
            for operator in (UUID(int=7), UUID(int=8))
        ]
    )

    account.refresh_from_db()
    (trail,) = AuditEvent.objects.filter(action="fund_account.verified")
    assert trail.actor_id == account.verified_by


def test_two_operators_who_have_a_bank_asked_at_once_ask_it_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = unverified()
    monkeypatch.setattr(AccountValidation, "save", paused(AccountValidation.save))

    outcomes = at_once(
        *[
            lambda: services.ask_bank(
                fund_account_id=account.pk, actor_id=UUID(int=7), reason="a doubt", now=NOON
            )
        ]
        * 2
    )

    assert sorted(map(str, outcomes)) == ["None", "ValidationNotNeeded"]


def test_levels_that_two_set_at_once_follow_each_other_in_the_trail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rider = make_rider()
    monkeypatch.setattr(selectors, "kyc_level", paused_after(selectors.kyc_level))

    at_once(
        *[
            lambda: services.set_kyc_level(
                person_id=rider.pk, level=1, actor_id=UUID(int=7), reason="PAN seen", now=NOON
            )
        ]
        * 2
    )

    rows = AuditEvent.objects.filter(action="person.kyc-level-set").order_by("pk")
    assert [row.before["level"] for row in rows] == [0, 1]


def test_a_questions_cost_that_two_runs_read_at_once_is_booked_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_merchant("Any shop")
    services.add_fund_account(
        person_id=make_rider().pk, holder_name="Asha Rao", now=NOON, vpa="asha.rao@upi"
    )
    asked = AccountValidation.objects.all()
    asked.update(state="ASKED", asked_at=NOON, attempts=1)
    asked.update(state="CREATED", razorpay_id="fav_1")
    line = FloatLine("txn_1", "", "", COST_PAISE, 0, NOON, "fav_1", COST_TAX_PAISE)
    monkeypatch.setattr(wallet, "post", paused(wallet.post))

    outcomes = at_once(*[lambda: services.book_costs(lines=[line], now=NOON)] * 2)

    assert sorted(map(str, outcomes)) == ["0", "1"]
