"""Money between participants is asked about, agreed upon, told to the agency; what differs waits for a person."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest

from apps.accounts.selectors import trail
from apps.ondc import dues, services
from apps.ondc.errors import DecisionNotPossible, DisagreementNotOpen, SettlementReasonMissing
from apps.ondc.models import (
    Disagreement,
    Dispatch,
    InboundMessage,
    Settlement,
    SettlementLine,
    SettlementRequest,
)
from apps.ondc.voice import Voice
from apps.wallet import codes
from apps.wallet import selectors as ledger
from apps.wallet import services as wallet
from tests.ondc.network import BUYER, Json, Participant, clock, post
from tests.ondc.reconciling import agreed, answer, due, moved, said, says, state
from uma.kernel.ids import new_id

pytestmark = pytest.mark.django_db


def test_a_seller_is_asked_once_about_what_it_owes_and_its_yes_is_told_to_the_agency(
    settling: Voice, seller: Participant, agency: Participant
) -> None:
    row, now = due(), clock()

    assert services.ask_recon(voice=settling, now=now) == 1
    assert services.ask_recon(voice=settling, now=now) == 0
    assert services.settle_agreed(voice=settling, now=now) == 0, "nothing is agreed upon yet"
    asked = json.loads(SettlementRequest.objects.get(action="RECON").dispatch.body)
    assert asked["context"] | {"timestamp": "", "message_id": "", "transaction_id": ""} == {
        "location": {"country": {"code": "IND"}, "city": {"code": "*"}},
        "domain": "ONDC:NTS10", "action": "recon", "version": "2.0.0", "ttl": "P1D",
        "bap_id": BUYER, "bap_uri": f"https://{BUYER}/api/ondc",
        "bpp_id": seller.id, "bpp_uri": f"https://{seller.id}/ondc",
        "timestamp": "", "message_id": "", "transaction_id": "",
    }  # fmt: skip
    zero = {"currency": "INR", "value": "0.00"}
    fee = {"currency": "INR", "value": "1.46"}
    (order,) = asked["message"]["orders"]
    assert order["settlements"][0].pop("updated_at")
    assert order == {
        "id": "O1", "amount": fee, "settlements": [{
            "id": str(row.pk), "payment_id": "PA1", "status": "TO-BE-INITIATED", "amount": fee,
            "commission": fee, "withholding_amount": zero, "tcs": zero, "tds": zero,
        }],
    }  # fmt: skip

    assert says(seller, answer("on_recon", asked, agreed(asked))) == "ACK"
    assert state(row) == ("AGREED", [])
    assert services.settle_agreed(voice=settling, now=now) == 1
    assert services.settle_agreed(voice=settling, now=now) == 0
    told = said()
    assert told["message"]["settlement"].pop("id")
    kept = {"currency": "INR", "value": "144.54"}
    assert told["message"] == {
        "collector_app_id": seller.id, "receiver_app_id": BUYER,
        "settlement": {"type": "NP-NP", "orders": [{
            "id": "O1", "inter_participant": {"amount": fee}, "collector": {"amount": kept},
            "self": {"amount": fee},
        }]},
    }  # fmt: skip
    assert says(agency, answer("on_settle", told, moved(told, "SETTLED"))) == "ACK"

    row.refresh_from_db()
    assert (row.told_status, row.told_reference, row.settled_at) == ("SETTLED", "UTR1", None)
    assert set(SettlementRequest.objects.values_list("action", "state")) == {
        ("RECON", "ANSWERED"), ("SETTLE", "ANSWERED"), ("SETTLE", "OPEN"),
    }  # fmt: skip


def test_the_agency_hears_every_day_that_nothing_is_due(settling: Voice) -> None:
    now = clock()

    for hours in (0, 1, 25):
        assert services.settle_agreed(voice=settling, now=now + timedelta(hours=hours)) == 0

    bodies = [json.loads(one.body)["message"]["settlement"] for one in Dispatch.objects.all()]
    assert [one["type"] for one in bodies] == ["NIL", "NIL"]
    assert services.follow_requests(now=now + timedelta(days=3)) == 2
    assert not Disagreement.objects.exists()


def test_another_amount_is_a_disagreement_once_and_closed_by_a_later_yes(
    settling: Voice, seller: Participant
) -> None:
    row, now = due(), clock()
    services.ask_recon(voice=settling, now=now)
    asked = said()
    other = answer("on_recon", asked, agreed(asked, more="1.00", accord="false"))

    assert says(seller, other) == "ACK"
    assert says(seller, other) == "ACK"

    assert state(row) == ("DIFFERS", ["AMOUNT"])
    found = Disagreement.objects.get()
    assert (found.ours_paise, found.theirs_paise, found.party) == (1_46, 1_00, seller.id)
    assert services.ask_recon(voice=settling, now=now) == 0
    services.decide_disagreement(
        disagreement_id=found.pk, decision="ASK_AGAIN", actor_id=new_id(), reason="as signed",
        now=now,
    )  # fmt: skip
    assert services.ask_recon(voice=settling, now=now + timedelta(minutes=1)) == 1
    asked = said()
    assert (
        says(seller, answer("on_recon", asked, agreed(asked, more="1.10", accord=False))) == "ACK"
    )
    assert state(row) == ("DIFFERS", ["AMOUNT"])
    Settlement.objects.update(recon="")
    services.ask_recon(voice=settling, now=now + timedelta(minutes=2))
    asked = said()
    assert says(seller, answer("on_recon", asked, agreed(asked))) == "ACK"
    assert state(row) == ("AGREED", [])
    assert Disagreement.objects.order_by("-opened_at")[0].decision == "AGREED"


def test_a_yes_with_another_amount_is_no_yes_and_one_without_any_is_one(
    settling: Voice, seller: Participant
) -> None:
    row = due()
    services.ask_recon(voice=settling, now=clock())
    asked = said()

    assert says(seller, answer("on_recon", asked, agreed(asked, more="1.45"))) == "ACK"
    assert state(row) == ("DIFFERS", ["AMOUNT"])

    other = due("O2")
    services.ask_recon(voice=settling, now=clock())
    bare = {"orders": [{"id": "O2", "recon_accord": "true"}, {"id": "O9", "recon_accord": True}]}
    assert says(seller, answer("on_recon", said(), bare)) == "ACK"
    assert state(other)[0] == "AGREED"
    newest = InboundMessage.objects.order_by("-received_at")[0]
    assert (newest.state, newest.deviations) == ("DONE", ["not asked about O9"])


def test_their_amount_is_taken_by_a_person_and_a_repeated_fare_does_not_undo_it(
    settling: Voice, seller: Participant
) -> None:
    row, now, actor = due(), clock(), new_id()
    services.ask_recon(voice=settling, now=now)
    asked = said()
    says(seller, answer("on_recon", asked, agreed(asked, more="1.00", accord=False)))
    found = Disagreement.objects.get()
    facts: Json = {"disagreement_id": found.pk, "actor_id": actor, "now": now}

    with pytest.raises(SettlementReasonMissing):
        services.decide_disagreement(**facts, decision="TAKE_THEIRS", reason=" ")
    services.decide_disagreement(**facts, decision="TAKE_THEIRS", reason="a tip was in it")
    with pytest.raises(DisagreementNotOpen):
        services.decide_disagreement(**facts, decision="CLOSE", reason="again")

    row.refresh_from_db()
    assert (row.fee_paise, row.booked_paise, row.recon) == (1_00, 1_46, "")
    assert services.ask_recon(voice=settling, now=now) == 0, "the ledger first"
    assert services.book_fees(now=now) == 1
    code = codes.bpp_receivable(dues.seller_key(row.bpp_id))
    assert ledger.balances_paise(codes=[code])[code] == 1_00
    row.refresh_from_db()
    assert dues._change(row, fare_paise=146_00, fee_paise=1_46)
    assert Settlement.objects.get().fee_paise == 1_00
    assert dues._change(row, fare_paise=150_00, fee_paise=1_50)
    assert Settlement.objects.values_list("fee_paise", "fee_agreed_at").get() == (1_50, None)
    (event,) = trail(object_ids=[str(found.pk)])
    assert event.action == "ondc-disagreement.decided"


def test_a_fare_that_changed_while_they_looked_is_asked_about_anew(
    settling: Voice, seller: Participant
) -> None:
    row = due()
    services.ask_recon(voice=settling, now=clock())
    asked = said()
    row.refresh_from_db()
    assert dues._change(row, fare_paise=150_00, fee_paise=1_50)

    assert says(seller, answer("on_recon", asked, agreed(asked))) == "ACK"

    assert state(row) == ("", [])
    services.book_fees(now=clock())
    assert services.ask_recon(voice=settling, now=clock()) == 1


def test_silence_is_found_after_a_day_and_a_late_answer_still_counts(
    settling: Voice, seller: Participant
) -> None:
    row, then = due(), clock() - timedelta(days=1, minutes=5)
    services.ask_recon(voice=settling, now=then)
    asked = said()

    assert services.follow_requests(now=clock()) == 1
    assert services.follow_requests(now=clock()) == 0
    assert state(row) == ("ASKED", ["NO_ANSWER"])
    assert SettlementRequest.objects.get().state == "EXPIRED"
    assert says(seller, answer("on_recon", asked, agreed(asked))) == "ACK"

    assert state(row) == ("AGREED", [])
    assert SettlementRequest.objects.get().state == "ANSWERED"
    assert InboundMessage.objects.get().deviations == ["later than its ttl"]


def test_an_answer_that_was_overtaken_by_another_question_is_noted_and_no_more(
    settling: Voice, seller: Participant
) -> None:
    row, then = due(), clock() - timedelta(days=1, minutes=5)
    services.ask_recon(voice=settling, now=then)
    old = said()
    services.follow_requests(now=clock())
    found = Disagreement.objects.get()
    services.decide_disagreement(
        disagreement_id=found.pk, decision="ASK_AGAIN", actor_id=new_id(), reason="no answer",
        now=clock(),
    )  # fmt: skip
    services.ask_recon(voice=settling, now=clock())

    assert says(seller, answer("on_recon", old, agreed(old, more="9.00", accord=False))) == "ACK"

    assert state(row) == ("ASKED", [])
    assert "asked again since" in InboundMessage.objects.get().deviations


def test_an_answer_to_nothing_or_of_somebody_else_is_refused(
    settling: Voice, seller: Participant, agency: Participant
) -> None:
    row = due()
    services.ask_recon(voice=settling, now=clock())
    asked = said()
    ids = {"message_id": str(uuid4()), "transaction_id": str(uuid4())}

    assert says(seller, answer("on_recon", asked, agreed(asked), **ids)) == "20008"
    other = {"bpp_id": agency.id}
    assert says(agency, answer("on_recon", asked, agreed(asked), **other)) == "20008"
    assert says(agency, answer("on_recon", asked, agreed(asked))) == "70000"
    assert says(seller, answer("on_settle", asked, {"settlement": {}})) == "20008"
    assert says(seller, answer("on_recon", asked, {"orders": []})) == "70002"
    assert json.loads(post(seller, asked, action="recon", header="").content)["error"]["code"] == (
        "70001"
    )
    assert state(row) == ("ASKED", [])
    assert set(InboundMessage.objects.values_list("state", "outcome")) == {
        ("REFUSED", "20008"), ("REFUSED", "70002"),
    }  # fmt: skip
    # Under a message id of its own, in the same transaction: as sellers of the field do.
    loosely = answer("on_recon", asked, agreed(asked), message_id=str(uuid4()))
    assert says(seller, loosely) == "ACK"
    assert state(row) == ("AGREED", [])


def test_a_request_that_is_refused_stops_the_next_until_somebody_looked(
    settling: Voice, seller: Participant
) -> None:
    row = due()
    services.ask_recon(voice=settling, now=clock())
    body = answer("on_recon", said(), None) | {"error": {"code": "70030", "message": "no"}}

    assert says(seller, body) == "ACK"

    assert state(row) == ("", ["REFUSED"])
    assert services.ask_recon(voice=settling, now=clock()) == 0
    found = Disagreement.objects.get()
    with pytest.raises(DecisionNotPossible):
        services.decide_disagreement(
            disagreement_id=found.pk, decision="TAKE_THEIRS", actor_id=new_id(), reason="x",
            now=clock(),
        )  # fmt: skip
    services.decide_disagreement(
        disagreement_id=found.pk, decision="ASK_AGAIN", actor_id=new_id(), reason="rang them up",
        now=clock(),
    )  # fmt: skip
    assert services.ask_recon(voice=settling, now=clock()) == 1
    Dispatch.objects.filter(settlement_request__state="OPEN").update(
        state="GIVEN_UP", settled_at=clock(), error_code="30016"
    )
    assert services.follow_requests(now=clock()) == 1
    assert state(row) == ("", ["REFUSED"])


@pytest.mark.parametrize(
    ("status", "facts", "kinds"),
    [
        ("NOT_SETTLED", {"error": "01"}, ["NOT_SETTLED"]),
        ("SETTLED", {"value": "1.00"}, ["SETTLED_AMOUNT"]),
        ("PENDING", {}, []),
    ],
)
def test_what_the_agency_could_not_move_waits_for_a_person(
    settling: Voice, agency: Participant, status: str, facts: Json, kinds: list[str]
) -> None:
    row = due()
    Settlement.objects.update(recon="AGREED")
    services.settle_agreed(voice=settling, now=clock())
    told = said()

    assert says(agency, answer("on_settle", told, moved(told, status, **facts))) == "ACK"

    assert state(row) == ("AGREED", kinds)
    row.refresh_from_db()
    assert row.told_status == status
    assert services.settle_agreed(voice=settling, now=clock()) == 0
    if status != "SETTLED":
        assert says(agency, answer("on_settle", told, moved(told, "SETTLED"))) == "ACK"
        assert state(row) == ("AGREED", [])
        assert SettlementLine.objects.get().answer == "SETTLED"
        # What was settled does not come undone by an older word.
        assert says(agency, answer("on_settle", told, moved(told, "PENDING"))) == "ACK"
        assert SettlementLine.objects.get().answer == "SETTLED"


def test_money_that_we_hold_for_a_seller_is_told_without_a_question(
    settling: Voice, seller: Participant
) -> None:
    due("T1", by="BAP")

    assert services.ask_recon(voice=settling, now=clock()) == 0
    assert services.settle_agreed(voice=settling, now=clock()) == 1

    told = said()["message"]
    assert (told["collector_app_id"], told["receiver_app_id"]) == (BUYER, seller.id)
    (order,) = told["settlement"]["orders"]
    values = {
        name: order[name]["amount"]["value"] for name in ("inter_participant", "collector", "self")
    }
    assert values == {"inter_participant": "144.54", "collector": "1.46", "self": "1.46"}


def test_their_amount_is_not_taken_where_our_share_was_taken_out_of_money_that_we_hold(
    seller: Participant,
) -> None:
    row = due("T1", by="BAP")
    wallet.open_accounts(codes=codes.zone_accounts(row.zone_code))
    paid, owed = (codes.zone_account("MNP", name) for name in ("pg_clearing", "tickets_owed"))
    wallet.post(
        kind="ticket_payment", reference="ticket_payment:pay_1", zone_code="MNP", event_at=clock(),
        legs=[wallet.Leg(paid, owed, row.fare_paise)], actor_id=None, memo="Razorpay",
    )  # fmt: skip
    assert services.book_ticket_fees(now=clock()) == 1
    found = Disagreement.objects.create(
        kind="AMOUNT", party=seller.id, settlement=row, number=row.number, theirs_paise=145_00,
        opened_at=clock(),
    )  # fmt: skip

    with pytest.raises(DecisionNotPossible):
        services.decide_disagreement(
            disagreement_id=found.pk, decision="TAKE_THEIRS", actor_id=new_id(), reason="x",
            now=clock(),
        )  # fmt: skip

    row.refresh_from_db()
    assert row.fee_paise == row.booked_paise == 1_46
