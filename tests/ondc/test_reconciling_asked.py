"""Sellers ask whether we see the same money; and no row about it is untrue."""

import json
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from pytest_django.fixtures import Settings

from apps.ondc import money_calls, services
from apps.ondc.checks import agency_is_whole
from apps.ondc.models import (
    Disagreement,
    Dispatch,
    InboundMessage,
    Settlement,
    SettlementLine,
    SettlementRequest,
)
from apps.ondc.voice import Voice
from tests.ondc.network import BUYER, Json, Participant, clock, post, stamp, verdict
from tests.ondc.reconciling import AGENCY, due, says, state
from uma.kernel.ids import new_id

pytestmark = pytest.mark.django_db


def question(seller: Participant, *orders: Json, buyers_slot: bool = True) -> Json:
    """Return a seller's `recon`; whoever asks may stand in either slot of the context."""
    theirs, ours = ("bpp", "bap") if buyers_slot else ("bap", "bpp")
    context = {
        "domain": "ONDC:NTS10",
        "location": {"country": {"code": "IND"}, "city": {"code": "*"}},
        "version": "2.0.0",
        "action": "recon",
        f"{theirs}_id": seller.id,
        f"{theirs}_uri": f"https://{seller.id}/ondc",
        f"{ours}_id": BUYER,
        f"{ours}_uri": f"https://{BUYER}/api/ondc",
        "transaction_id": str(uuid4()),
        "message_id": str(uuid4()),
        "timestamp": stamp(clock()),
        "ttl": "P1D",
    }
    return {"context": context, "message": {"orders": list(orders)}}


def seen(number: str, *amounts: str, fee: str = "1.46") -> Json:
    settlements = [
        {
            "id": f"S{place}", "payment_id": "PA1", "status": "SETTLED", "settlement_ref_no": "UTR7",
            "amount": {"currency": "INR", "value": amount},
            "commission": {"currency": "INR", "value": fee if place == 0 else "0"},
        }
        for place, amount in enumerate(amounts)
    ]  # fmt: skip
    return {"id": number, "amount": {"currency": "INR", "value": "0"}, "settlements": settlements}


@pytest.mark.usefixtures("settling")
@pytest.mark.parametrize("buyers_slot", [True, False])
def test_a_seller_that_asks_is_answered_once_in_its_own_context(
    seller: Participant,
    buyers_slot: bool,  # noqa: FBT001 - which slot it is, a parameter of the test
) -> None:
    same, other = due("O1"), due("O2")
    body = question(
        seller, seen("O1", "1.46"), seen("O2", "2.00"), seen("O9", "5.00"), buyers_slot=buyers_slot
    )

    assert [says(seller, body) for _ in range(2)] == ["ACK", "ACK"]

    (dispatch,) = Dispatch.objects.filter(kind="SETTLEMENT")
    assert (dispatch.party, dispatch.url) == (seller.id, f"https://{seller.id}/ondc/on_recon")
    told = json.loads(dispatch.body)
    assert told["context"] | {"timestamp": ""} == body["context"] | {
        "action": "on_recon", "timestamp": "",
    }  # fmt: skip
    yes, no, unknown = told["message"]["orders"]
    assert (yes["recon_accord"], no["recon_accord"]) == (True, False)
    assert "diff_value" not in yes["settlements"][0]["amount"]
    assert no["settlements"][0]["amount"] == {
        "currency": "INR", "value": "1.46", "diff_value": "0.54",
    }  # fmt: skip
    assert unknown == {
        "id": "O9", "recon_accord": False, "error": {"code": "70030", "message": "Invalid Order Id"},
    }  # fmt: skip
    assert (state(same)[0], state(other)) == ("AGREED", ("DIFFERS", ["AMOUNT", "UNKNOWN_ORDER"]))
    same.refresh_from_db()
    assert (same.told_status, same.told_reference) == ("SETTLED", "UTR7")
    assert same.settled_at is None, "nobody's word is money"


@pytest.mark.usefixtures("settling")
def test_a_seller_that_knows_none_of_ours_hears_an_error_and_parts_are_added_up(
    seller: Participant,
) -> None:
    row = due("O1")

    assert says(seller, question(seller, seen("X1", "5.00"))) == "ACK"
    assert says(seller, question(seller, seen("O1", "1.00", "0.46"))) == "ACK"

    first, second = Dispatch.objects.order_by("pk")
    assert json.loads(first.body)["error"]["code"] == "70030"
    assert "message" not in json.loads(first.body)
    assert json.loads(second.body)["message"]["orders"][0]["recon_accord"] is True
    assert state(row)[0] == "AGREED"


@pytest.mark.usefixtures("settling")
def test_orders_that_nobody_knows_are_kept_for_a_person_so_often_in_a_day(
    seller: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(money_calls, "MOST_UNKNOWN", 3)
    row = due("O1")
    flood = question(seller, *(seen(f"X{number}", "5.00") for number in range(5)))
    assert says(seller, flood) == "ACK"

    # Each of five was answered, three were kept; whoever asks about more today is told to come later.
    (dispatch,) = Dispatch.objects.filter(kind="SETTLEMENT")
    assert json.loads(dispatch.body)["error"]["code"] == "70030"
    kept = Disagreement.objects.filter(kind="UNKNOWN_ORDER")
    assert sorted(kept.values_list("number", flat=True)) == ["X0", "X1", "X2"]
    (taken,) = InboundMessage.objects.values_list("deviations", flat=True)
    assert taken == ["2 unknown orders too many, answered and not kept"]
    answer = post(seller, question(seller, seen("O1", "1.46"), seen("X9", "5.00")))
    assert (answer.status_code, verdict(answer)) == (429, "70030")
    assert int(answer["Retry-After"]) > 0
    assert InboundMessage.objects.count() == 1, "nothing of it is kept"

    # What is ours, and what is open already, is answered all day; decided ones still count; tomorrow is new.
    assert says(seller, question(seller, seen("O1", "1.46"), seen("X0", "6.00"))) == "ACK"
    assert state(row)[0] == "AGREED"
    assert kept.get(number="X0").theirs_paise == 6_00
    kept.update(decided_at=clock(), decision="CLOSE", decided_by=new_id(), reason="a test")
    assert says(seller, question(seller, seen("X9", "5.00"))) == "70030"
    later = clock() + money_calls.UNKNOWN_WITHIN
    assert money_calls.kept_unknown(["X9"], sender=seller.id, now=later)[0] == {"X9"}


def test_half_an_agency_is_said_at_the_start(settings: Settings) -> None:
    assert list(agency_is_whole()) == []
    settings.ONDC_SETTLEMENT_AGENCY_ID = AGENCY
    (half,) = agency_is_whole()
    settings.ONDC_SETTLEMENT_AGENCY_URI = "http://10.0.0.1"
    settings.DEBUG = False
    (open_one,) = agency_is_whole()
    assert {half.id, open_one.id} == {"uma.E036"}


def again(*, amount_paise: int = 1, other_request: bool = False) -> None:
    line = SettlementLine.objects.get()
    request = line.request
    if other_request:
        sent = Dispatch.objects.create(
            kind="SETTLEMENT", url="https://x", body="{}", next_attempt_at=clock(), made_at=clock()
        )
        request = SettlementRequest.objects.create(
            dispatch=sent, action="RECON", party="x", made_at=clock(),
            until=clock() + timedelta(days=1),
        )  # fmt: skip
    # The other rules of a row stay out of the way of the one that is looked at.
    action = "RECON" if other_request or amount_paise == 0 else "SETTLE"
    SettlementLine.objects.create(
        request=request, action=action, settlement=line.settlement, amount_paise=amount_paise
    )


def decided_by_nobody() -> None:
    Disagreement.objects.update(decision="CLOSE", decided_at=clock())


def another_disagreement() -> None:
    found = Disagreement.objects.get()
    found.pk, found._state.adding = new_id(), True
    found.save(force_insert=True)


@pytest.mark.parametrize(
    ("break_it", "constraint"),
    [
        (lambda: SettlementRequest.objects.update(action="OTHER"), "ondc_settlement_request_action_known"),
        (lambda: SettlementRequest.objects.update(state="ANSWERED"), "ondc_settlement_request_closed_at"),
        (lambda: SettlementRequest.objects.update(until=clock() - timedelta(days=9)), "ondc_settlement_request_lives"),
        (lambda: SettlementRequest.objects.all()._raw_delete("default"), "ondc_settlement_request_never_deleted"),
        (lambda: SettlementLine.objects.all().delete(), "ondc_settlement_line_never_deleted"),
        (lambda: SettlementLine.objects.update(amount_paise=2), "ondc_settlement_line_said_stays"),
        (lambda: SettlementLine.objects.update(answer="AGREED"), "ondc_settlement_line_answered_at"),
        (lambda: again(amount_paise=0), "ondc_settlement_line_amount_sane"),
        (again, "ondc_settlement_line_once"),
        (lambda: again(other_request=True), "ondc_settlement_line_one_open"),
        (lambda: Settlement.objects.update(recon="MAYBE"), "ondc_settlement_recon_known"),
        (lambda: Disagreement.objects.update(decided_at=clock()), "ondc_disagreement_decided_whole"),
        (decided_by_nobody, "ondc_disagreement_decided_by_somebody"),
        (lambda: Disagreement.objects.update(number="other"), "ondc_disagreement_decided_stays"),
        (lambda: Disagreement.objects.all().delete(), "ondc_disagreement_never_deleted"),
        (another_disagreement, "ondc_disagreement_one_open"),
    ],
)  # fmt: skip
def test_a_row_about_money_that_cannot_be_true_is_refused(
    settling: Voice, seller: Participant, break_it: Callable[[], object], constraint: str
) -> None:
    due()
    services.ask_recon(voice=settling, now=clock())
    says(seller, question(seller, seen("O9", "5.00")))

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        break_it()
