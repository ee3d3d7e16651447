"""What sellers and jobs say of one order's money at the same moment: in turn, and nothing is lost."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction

from apps.ondc import agreeing, dues, services
from apps.ondc.messages import QuoteTold
from apps.ondc.models import (
    Disagreement,
    Dispatch,
    InboundMessage,
    RideOrder,
    Settlement,
    SettlementLine,
    SettlementRequest,
)
from apps.ondc.voice import Voice
from apps.wallet import codes
from apps.wallet import services as wallet
from tests.concurrency.meeting import at_once, beside, paused
from tests.concurrency.test_dues import NOW, SELLER, due, owed, settling_it, speaking
from tests.ondc.network import Json, Participant, make_search
from tests.ondc.reconciling import agreed, answer, said
from tests.ondc.test_reconciling_asked import question, seen
from uma.kernel.ids import new_id

__all__ = ["due", "speaking"]
pytestmark = pytest.mark.django_db(transaction=True)
WRITTEN = (Settlement, "save")


@pytest.fixture
def order(due: Settlement) -> RideOrder:
    """Return the order of what is due, whose fee the ledger has."""
    found = RideOrder.objects.create(
        transaction=make_search().transaction, bpp_id=SELLER, bpp_uri="https://x", version="2.1.0",
        provider_id="P1", item_id="I1", number=due.number, stage="ACTIVE", finder_fee_bps=100,
        created_at=NOW, changed_at=NOW,
    )  # fmt: skip
    Settlement.objects.update(order=found)
    services.book_fees(now=NOW)
    return found


def costs(order: RideOrder, fare_paise: int) -> Callable[[], bool]:
    """Return how a callback notes that a ride cost something, or, of nothing, that it was taken back."""

    def job() -> bool:
        with transaction.atomic():
            if not fare_paise:
                return dues.owe_nothing(order)
            quote = QuoteTold(fare_paise, "", (), adds_up=True, life=None)
            return dues.owe(order, quote, now=NOW)

    return job


def came(body: Json) -> Callable[[], str]:
    """Return what a worker does about a message of the seller's."""
    context = body["context"]
    row = InboundMessage.objects.create(
        sender=SELLER, unique_key_id="k", action=context["action"], raw=json.dumps(body),
        message_id=context["message_id"], transaction_text=context["transaction_id"],
        digest=new_id().hex, header="h", next_attempt_at=NOW, received_at=NOW,
    )  # fmt: skip
    return lambda: services.process_inbound(message_id=row.pk, now=NOW)


def asks(amount: str) -> Callable[[], str]:
    """Return how a seller's question about the order is handled."""
    return came(question(Participant(id=SELLER), seen("O1", amount, fee=amount)))


@pytest.fixture
def asked(speaking: Voice) -> Json:
    """Return a question of ours that the seller has not answered."""
    assert services.ask_recon(voice=speaking, now=NOW) == 1
    return said()


@pytest.mark.parametrize("fare_paise", [180_00, 0])
def test_a_transfer_for_an_order_whose_fare_is_being_changed_waits_and_settles_nothing(
    order: RideOrder, due: Settlement, fare_paise: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes = beside(
        costs(order, fare_paise), settling_it(due.pk, "UTR1"), at=WRITTEN, monkeypatch=monkeypatch
    )

    assert outcomes == [True, "SettlementNotOpen"]
    assert owed() == 1_46, "the fee of before, until the job books the new one"


def test_a_fee_that_is_paid_while_its_sellers_amount_is_taken_stays_as_it_was_paid(
    order: RideOrder, due: Settlement, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = Disagreement.objects.create(
        kind="AMOUNT", party=SELLER, number=order.number, settlement=due, ours_paise=1_46,
        theirs_paise=2_00, opened_at=NOW,
    )  # fmt: skip

    def take_theirs() -> object:
        return services.decide_disagreement(
            disagreement_id=theirs.pk, decision="TAKE_THEIRS", actor_id=new_id(), reason="x",
            now=NOW,
        )  # fmt: skip

    outcomes = beside(
        settling_it(due.pk, "UTR1"), take_theirs, at=(wallet, "post"), monkeypatch=monkeypatch
    )

    assert outcomes == [1, "DecisionNotPossible"]


def test_our_share_of_tickets_that_two_jobs_find_is_booked_once(
    due: Settlement, monkeypatch: pytest.MonkeyPatch
) -> None:
    Settlement.objects.update(collected_by="BAP")
    wallet.open_accounts(codes=codes.zone_accounts("MNP"))
    paid, owed_ = (codes.zone_account("MNP", name) for name in ("pg_clearing", "tickets_owed"))
    wallet.post(
        kind="ticket_payment", reference="ticket_payment:pay_1", zone_code="MNP", event_at=NOW,
        legs=[wallet.Leg(paid, owed_, due.fare_paise)], actor_id=None, memo="Razorpay",
    )  # fmt: skip
    monkeypatch.setattr(wallet, "post", paused(wallet.post))

    outcomes = at_once(*[lambda: services.book_ticket_fees(now=NOW)] * 3)

    assert sorted(map(str, outcomes)) == ["0", "0", "1"]


def test_a_fare_that_changes_while_its_seller_agrees_to_the_old_one_is_agreed_upon_by_nobody(
    order: RideOrder, due: Settlement, speaking: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert speaking.sender.id

    outcomes = beside(asks("1.46"), costs(order, 180_00), at=WRITTEN, monkeypatch=monkeypatch)

    assert outcomes == ["DONE", True]
    due.refresh_from_db()
    assert (due.fee_paise, due.recon) == (1_80, "")


def test_of_two_answers_to_one_question_the_second_is_no_news(
    asked: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    yes = came(answer("on_recon", asked, agreed(asked)))
    no = came(answer("on_recon", asked, agreed(asked, more="1.00", accord=False)))

    outcomes = beside(yes, no, at=(SettlementLine, "save"), monkeypatch=monkeypatch)

    assert outcomes == ["DONE", "IGNORED"]
    assert SettlementLine.objects.get().answer == "AGREED"


def test_an_answer_that_comes_while_its_question_is_given_up_counts(
    asked: Json, due: Settlement, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = NOW + timedelta(days=3)

    outcomes = beside(
        lambda: services.follow_requests(now=late),
        came(answer("on_recon", asked, agreed(asked))),
        at=(agreeing, "differ"),
        monkeypatch=monkeypatch,
    )

    assert outcomes == [1, "DONE"]
    due.refresh_from_db()
    assert (due.recon, SettlementLine.objects.get().answer) == ("AGREED", "AGREED")
    assert SettlementRequest.objects.get().state == "ANSWERED"
    assert not Disagreement.objects.filter(decided_at__isnull=True).exists()


def test_what_a_seller_agrees_to_while_our_question_is_refused_stays_agreed(
    asked: Json, due: Settlement, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asked
    Dispatch.objects.update(state="GIVEN_UP", settled_at=NOW)

    outcomes = beside(
        lambda: services.follow_requests(now=NOW), asks("1.46"), at=WRITTEN, monkeypatch=monkeypatch
    )

    assert outcomes == [1, "DONE"]
    due.refresh_from_db()
    assert due.recon == "AGREED"
