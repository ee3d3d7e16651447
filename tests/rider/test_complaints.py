"""A complaint about a ride in the app: opened, followed, answered by both sides, closed."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.ondc.models import Issue, IssueAct
from apps.rider.ride_words import COMPLAINT_STATES
from tests.rider.riding import Riding, other_rider

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_network")]


class Complaining(Riding):
    """A rider whose ride is over and who complains about its fare."""

    def __init__(self, *, phone: str = "+919000012346") -> None:
        super().__init__(phone=phone)
        self.riding("RIDE_ENDED", stage="COMPLETED")
        self.ride = self.path
        answer = self.complain()
        assert answer.status_code == 303, answer.content
        self.path = answer["Location"]

    def complain(self, **changed: str) -> Any:  # Any: a response
        said = {"code": "FLM112", "text": "The meter said 80.", **changed}
        return self.client.post(f"{self.ride}/complain", said)

    @property
    def issue(self) -> Issue:
        return Issue.objects.get()

    def answers(self, code: str, **facts: object) -> None:
        """Let the seller have done something about it."""
        number = IssueAct.objects.count()
        IssueAct.objects.create(
            issue=self.issue, by="SELLER", code=code, key=f"S{number}", ref=f"R{number}",
            at=timezone.now(), **facts,
        )  # fmt: skip
        Issue.objects.update(changed_at=timezone.now() + timedelta(milliseconds=number))


@pytest.fixture
def complaining() -> Complaining:
    return Complaining()


def test_a_complaint_is_said_to_the_seller_and_stands_at_the_ride(
    complaining: Complaining,
) -> None:
    page = complaining.get("")

    assert "The fare is wrong" in page
    assert "The meter said 80." in page
    assert "Told to the ride company" in page
    ride = complaining.client.get(complaining.ride).content.decode()
    assert f'href="{complaining.path}"' in ride
    assert "/complain" not in ride.partition("<main")[2].replace(complaining.path, "")


def test_one_of_a_ride_is_open_at_a_time_and_an_empty_one_is_none(
    complaining: Complaining,
) -> None:
    again = complaining.complain()
    assert again.status_code == 422
    assert "You have a complaint about this ride already." in again.content.decode()

    for empty in ({"text": " "}, {"code": "FLM999"}):
        assert complaining.complain(**empty).status_code == 422
    assert Issue.objects.count() == 1


def test_a_question_is_answered_and_an_offer_taken(complaining: Complaining) -> None:
    since, _ = complaining.news()
    assert "Your answer" not in complaining.get()
    complaining.answers("INFO_REQUESTED", text="What did the meter say?")
    later, topics = complaining.news(since)
    assert (later != since, topics) == (True, ["complaint"])
    assert "What did the meter say?" in complaining.get()

    assert complaining.post("act", act="provide", text=" ").status_code == 422
    assert "Your answer" in complaining.get()
    assert complaining.post("act", act="provide", text="Eighty").status_code == 200
    assert "Your answer" not in complaining.get()

    complaining.answers("RESOLUTION_PROPOSED", resolution="REFUND", refund_paise=20_00)
    page = complaining.get()
    assert "Money back: <b>₹20</b>" in page
    assert "I agree" in page
    complaining.post("act", act="accept")
    assert "I agree" not in complaining.get()
    assert complaining.post("act", act="accept").status_code == 409


def test_a_complaint_is_taken_higher_asked_about_and_closed(complaining: Complaining) -> None:
    assert complaining.post("act", act="ask").status_code == 200
    assert complaining.post("act", act="escalate").status_code == 200
    assert complaining.issue.level == "GRIEVANCE"
    assert "Take it to a higher desk" not in complaining.get()
    assert complaining.post("act", act="close").status_code == 422
    assert complaining.post("act", act="close", rating="up").status_code == 200

    page = complaining.get()
    assert 'data-status="CLOSED"' in page
    assert "<form" not in page


def test_nobody_reads_or_answers_anothers_complaint(complaining: Complaining) -> None:
    stranger = other_rider()

    for part in ("", "/state", "/events"):
        assert stranger.get(complaining.path + part).status_code == 404
    assert (
        stranger.post(f"{complaining.path}/act", {"act": "close", "rating": "up"}).status_code
        == 404
    )
    assert complaining.issue.status == "OPEN"


def test_before_a_ride_is_booked_there_is_nothing_to_complain_about() -> None:
    riding = Riding()
    riding.search()

    assert riding.client.get(f"{riding.path}/complain").status_code == 409


def test_every_state_of_a_complaint_has_words() -> None:
    assert set(COMPLAINT_STATES) == set(Issue.Status)
