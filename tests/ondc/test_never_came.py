"""A ride whose order was never answered: taken back by us or given up, said to the rider, a missed visit excused."""

from datetime import timedelta

import pytest

from apps.notifications.models import InboxMessage
from apps.ondc import services
from apps.ondc.models import Question, RideOrder, Transaction
from apps.ondc.outgoing.orders import REASONS, TECHNICAL
from apps.ondc.outgoing.profiles import TRANSIT
from apps.ondc.services import Which
from apps.ondc.voice import voice
from apps.rides.models import Booking, RideFailure
from tests.ondc.network import Journey, Json, Participant, clock
from tests.ondc.test_ties import to_a_deal

pytestmark = pytest.mark.django_db
NEVER_CAME, CANCELLED = "Your ride did not come about", "Your ride was cancelled"


def unanswered(journey: Journey, *, since: timedelta, number: str = "O1") -> None:
    """Order a ride whose answer has been due for so long, and have the job look."""
    order = journey.reach("CONFIRMING")
    RideOrder.objects.filter(pk=order.pk).update(number=number)
    look_again(journey, since=since)


def look_again(journey: Journey, *, since: timedelta) -> None:
    due_at = clock() - since
    Question.objects.filter(pk=journey.confirm.pk).update(
        asked_at=due_at - timedelta(seconds=30), until=due_at
    )
    for _ in range(6):
        services.recover_confirmations(voice=voice(), now=clock())


def taken_back(journey: Journey) -> Question:
    """Take back a ride that nobody answered; return the question about it."""
    unanswered(journey, since=timedelta(seconds=61))
    return Question.objects.get(order=journey.order, action="cancel")


def cancelled(
    journey: Journey, *, by: str, code: str = "", question: Question | None = None
) -> None:
    why: Json = {"reason": {"descriptor": {"code": code}}} if code else {}
    whose: Json = {"cancelled_by": by} if by else {}
    message = journey.told("CANCELLED", status="CANCELLED", cancellation=whose | why)
    assert journey.say("on_cancel", message, question=question) == "ACK"
    assert journey.now().stage == "CANCELLED"


def said(booking: Booking) -> list[str]:
    told = InboxMessage.objects.filter(person_id=booking.rider_id, kind__startswith="ride.")
    return list(told.order_by("created_at").values_list("title", flat=True))


def is_excused(booking: Booking) -> bool:
    return RideFailure.objects.filter(booking=booking).exists()


@pytest.mark.parametrize(
    ("by", "code"), [("CONSUMER", "000"), ("CONSUMER", ""), ("", "000"), ("", "")]
)
@pytest.mark.parametrize(
    ("late", "state", "first"),
    [
        ("", "", []),
        ("on_confirm", "CONFIRMED", []),
        ("on_confirm", "ASSIGNED", ["Your driver is coming"]),
        ("on_status", "ASSIGNED", ["Your driver is coming"]),
    ],
)
def test_what_we_took_back_is_excused_and_said_whatever_was_answered_meanwhile(
    seller: Participant, by: str, code: str, late: str, state: str, first: list[str]
) -> None:
    journey, booking = to_a_deal(seller)
    asked = taken_back(journey)
    if late:
        assert journey.say(late, journey.told(state)) == "ACK"
        assert journey.now().stage == "ACTIVE"

    cancelled(journey, by=by, code=code, question=asked)

    assert is_excused(booking)
    assert said(booking) == [*first, NEVER_CAME]


@pytest.mark.parametrize("code", ["005", ""])
def test_a_riders_own_cancellation_after_a_late_answer_is_theirs(
    seller: Participant, code: str
) -> None:
    journey, booking = to_a_deal(seller)
    taken_back(journey)
    assert journey.say("on_confirm", journey.told("CONFIRMED")) == "ACK"
    RideOrder.objects.update(
        proposal="CANCEL", proposal_paise=0, proposal_until=clock() + timedelta(minutes=2)
    )
    which = Which(journey.search.transaction_id, booking.rider_id, seller.id)
    own = services.cancel_ride(
        which=which, reason="005", charge_paise=0, voice=voice(), now=clock()
    )

    cancelled(journey, by="CONSUMER", code=code, question=own.question)

    assert not is_excused(booking)
    assert said(booking) == []
    assert TECHNICAL not in REASONS, "it is ours alone"


@pytest.mark.parametrize("by", ["PROVIDER", ""])
@pytest.mark.parametrize("code", ["", "013", "000"])
def test_a_seller_that_cancels_instead_of_answering_is_not_said_to_be_silent(
    seller: Participant, by: str, code: str
) -> None:
    journey, booking = to_a_deal(seller)
    unanswered(journey, since=timedelta(seconds=40))
    assert not Question.objects.filter(action="cancel").exists()

    cancelled(journey, by=by, code=code)

    assert is_excused(booking)
    assert said(booking) == [CANCELLED]


@pytest.mark.parametrize(("by", "code"), [("PROVIDER", ""), ("PROVIDER", "013"), ("", "013")])
def test_a_seller_that_cancels_while_we_take_back_is_the_one_who_did(
    seller: Participant, by: str, code: str
) -> None:
    journey, booking = to_a_deal(seller)
    taken_back(journey)

    cancelled(journey, by=by, code=code)

    assert is_excused(booking)
    assert said(booking) == [CANCELLED]


@pytest.mark.parametrize("number", ["O1", ""])
def test_an_order_that_is_given_up_is_excused_and_said_once(
    seller: Participant, number: str
) -> None:
    journey, booking = to_a_deal(seller)
    unanswered(journey, since=timedelta(seconds=121), number=number)
    assert said(booking) == [], "nothing is known, so nothing is said"
    look_again(journey, since=timedelta(minutes=11))

    assert journey.now().stage == "FAILED"
    assert RideFailure.objects.get(booking=booking).code == "no_answer"
    assert said(booking) == [NEVER_CAME]
    if number:
        asked = Question.objects.filter(order=journey.order, action="cancel")
        assert asked.count() == 2
        cancelled(journey, by="CONSUMER", code="000", question=asked[0])
        assert said(booking) == [NEVER_CAME], "the answer that comes after all is no second news"


def test_tickets_that_are_given_up_are_no_ride(seller: Participant) -> None:
    journey, booking = to_a_deal(seller)
    unanswered(journey, since=timedelta(seconds=61), number="")
    Transaction.objects.update(domain=TRANSIT)
    look_again(journey, since=timedelta(minutes=11))

    assert journey.now().stage == "FAILED"
    assert said(booking) == []
