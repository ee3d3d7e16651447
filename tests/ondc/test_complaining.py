"""Complaints in both forms of the network: opened, answered, escalated, closed; whatever order answers come in."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from jsonschema import Draft7Validator
from pytest_django.fixtures import Settings

from apps.notifications.models import InboxMessage
from apps.ondc import services
from apps.ondc.errors import IssueActNotPossible, IssueNotFound, IssueOpenAlready, RideOrderNotReady
from apps.ondc.models import Issue, IssueAct, OutboundMessage, RideOrder
from apps.ondc.outgoing.issues import CODES
from apps.ondc.services.complaining import Complained
from apps.ondc.voice import Voice, voice
from tests.factories import make_rider
from tests.ondc import network_data
from tests.ondc.network import Journey, Json, act, clock, post, stamp, verdict
from uma.kernel.ids import new_id

pytestmark = pytest.mark.django_db


@pytest.fixture
def speaking(journey: Journey, settings: Settings) -> Voice:
    settings.ONDC_GRIEVANCE_PHONE = "8040000000"
    journey.reach("ACTIVE")
    order = journey.now()
    asked = journey.ask("init")
    customer = {"person": {"name": "Rider One"}, "contact": {"phone": "9000000001"}}
    said = {"message": {"order": {"fulfillments": [{"customer": customer}]}}}
    OutboundMessage.objects.create(
        question=asked, order=order, action="init", party=order.bpp_id, url="https://x/init",
        body=json.dumps(said), digest="x", state="TAKEN", settled_at=clock(), said_at=clock(),
        next_attempt_at=clock(),
    )  # fmt: skip
    return voice()


def rider_id(journey: Journey) -> Any:  # Any: a UUID
    return journey.search.transaction.rider_id


def complained(journey: Journey, speaking: Voice, *, version: str = "2.1.0") -> Complained:
    order = journey.now()
    RideOrder.objects.filter(pk=order.pk).update(version=version)
    return services.open_issue(
        order_id=order.pk, rider_id=rider_id(journey), code="FLM112", text="The meter said 80.",
        voice=speaking, now=clock(),
    )  # fmt: skip


def acted(journey: Journey, done: Complained, speaking: Voice, **act_of: Any) -> Complained:
    # Any: arguments of the service
    return services.act_on_issue(
        issue_id=done.issue.pk, rider_id=rider_id(journey), voice=speaking, now=clock(), **act_of
    )


def issue_of(done: Complained) -> Any:  # Any: JSON
    """Return the complaint as it is said, once the official schema has accepted it."""
    body = json.loads(done.said.body)
    context = body["context"]
    schema = network_data.schema(context["domain"], context["version"], context["action"])
    if schema is not None:
        # It has the first form's resolutions; those of the second are repeated as its own examples have them.
        issue = {
            key: value
            for key, value in body["message"].get("issue", {}).items()
            if key != "resolutions"
        }
        judged = body if not issue else body | {"message": {"issue": issue}}
        assert list(Draft7Validator(schema).iter_errors(judged)) == []
    return body["message"].get("issue", body["message"])


def answer(journey: Journey, done: Complained, *acts: Json, asked: bool = True, **more: Any) -> str:
    """Let the seller answer with these acts of its own beside ours."""
    told = issue_of(done)
    actors = [*told["actors"], {"id": "NP2", "type": "COUNTERPARTY_NP", "info": {}}]
    issue = told | {"actors": actors, "actions": [*told["actions"], *acts]} | more
    question = done.said.question if asked else None
    body = journey.body("on_issue", {"issue": issue}, question=question)
    found = verdict(post(journey.seller, body))
    act()
    return found


def by_seller(code: str, key: str, *, after_s: float = 0, **more: Any) -> Json:  # Any: JSON
    at = stamp(clock() + timedelta(seconds=after_s))
    words = {"code": code, "short_desc": code.lower()}
    found = {"id": key, "descriptor": words, "updated_at": at, "action_by": "NP2"}
    return found | more


def test_a_complaint_of_the_second_form_goes_to_its_rating(
    journey: Journey, speaking: Voice
) -> None:
    done = complained(journey, speaking)
    said = issue_of(done)
    assert {ref["ref_type"] for ref in said["refs"]} == {"ORDER", "PROVIDER", "FULFILLMENT", "ITEM"}
    assert said["actors"][0]["info"]["org"]["name"] == "bap.example.in::ONDC:TRV10"
    assert answer(journey, done, by_seller("PROCESSING", "A2")) == "ACK"
    assert answer(journey, done, by_seller("INFO_REQUESTED", "A3"), asked=False) == "ACK"

    told = acted(journey, done, speaking, act="provide", text="Eighty rupees")
    assert [each["descriptor"]["code"] for each in issue_of(told)["actions"]] == [
        "OPEN", "PROCESSING", "INFO_REQUESTED", "INFO_PROVIDED",
    ]  # fmt: skip
    proposed = {"id": "R1", "descriptor": {"code": "REFUND", "short_desc": "20 rupees back"}}
    proposal = by_seller("RESOLUTION_PROPOSED", "A6", ref_id="R1", ref_type="RESOLUTIONS")
    answer(journey, told, proposal, asked=False, resolutions=[proposed])
    agreed = acted(journey, done, speaking, act="accept")
    assert issue_of(agreed)["actions"][-1]["ref_id"] == "R1"
    assert issue_of(agreed)["resolutions"] == [proposed]
    answer(journey, agreed, by_seller("RESOLVED", "A8", after_s=1))
    assert Issue.objects.get().status == "RESOLVED"
    closed = acted(journey, done, speaking, act="close", rating="THUMBS_UP")

    last = issue_of(closed)["actions"][-1]
    assert (issue_of(closed)["status"], last["tags"][0]["list"][0]["value"]) == (
        "CLOSED", "THUMBS_UP",
    )  # fmt: skip
    assert Issue.objects.get().status == "CLOSED"
    act_of = IssueAct.objects.get(key="A6")
    assert (act_of.resolution, act_of.text) == ("REFUND", "resolution_proposed")
    kinds = InboxMessage.objects.filter(kind__startswith="issue.").values_list("kind", flat=True)
    assert sorted(kinds) == [
        "issue.info_requested", "issue.resolution_proposed", "issue.resolved",
    ]  # fmt: skip
    with pytest.raises(IssueActNotPossible):
        acted(journey, done, speaking, act="escalate")


def test_a_complaint_of_the_first_form_is_asked_about_until_it_is_resolved(
    journey: Journey, speaking: Voice
) -> None:
    done = complained(journey, speaking, version="2.0.1")
    said = issue_of(done)
    assert (said["category"], said["sub_category"]) == ("FULFILLMENT", "PMT04")
    asked = services.ask_about_issue(
        issue_id=done.issue.pk, rider_id=rider_id(journey), voice=speaking, now=clock()
    )
    assert issue_of(asked) == {"issue_id": str(done.issue.pk)}
    at = stamp(clock() + timedelta(seconds=1))
    acts = [
        {"respondent_action": "PROCESSING", "short_desc": "in hand", "updated_at": at},
        {"respondent_action": "RESOLVED", "short_desc": "done", "updated_at": at},
    ]
    issue = {
        "id": str(done.issue.pk),
        "issue_actions": {"respondent_actions": acts},
        # As Chalo spells it.
        "resolution": {
            "short_desc": "Refund to be initiated", "action_trigerred": "REFUND", "refund_amount": "20",
        },
    }  # fmt: skip

    for _ in range(2):
        told = journey.body("on_issue_status", {"issue": issue}, question=asked.said.question)
        assert verdict(post(journey.seller, told)) == "ACK"
        act()

    found = IssueAct.objects.get(code="RESOLVED")
    assert (found.resolution, found.refund_paise) == ("REFUND", 20_00)
    assert Issue.objects.get().status == "RESOLVED"
    closed = issue_of(acted(journey, done, speaking, act="close", rating="THUMBS_DOWN"))
    assert (closed["rating"], closed["status"]) == ("THUMBS-DOWN", "CLOSED")
    assert [one["complainant_action"] for one in closed["issue_actions"]["complainant_actions"]] == [
        "OPEN", "CLOSE",
    ]  # fmt: skip
    assert len(closed["issue_actions"]["respondent_actions"]) == 2


def test_answers_twice_late_and_in_another_order_move_nothing_back(
    journey: Journey, speaking: Voice
) -> None:
    done = complained(journey, speaking)
    resolved = by_seller("RESOLVED", "A4", after_s=1)
    assert answer(journey, done, resolved, asked=False) == "ACK"
    assert answer(journey, done, by_seller("PROCESSING", "A2", after_s=-5), asked=False) == "ACK"
    assert answer(journey, done, resolved, asked=False) == "ACK"
    assert Issue.objects.get().status == "RESOLVED"
    assert IssueAct.objects.filter(by="SELLER").count() == 2

    escalated = services.act_on_issue(
        issue_id=done.issue.pk, rider_id=rider_id(journey), act="escalate", voice=speaking,
        now=clock() + timedelta(seconds=10),
    )  # fmt: skip
    assert issue_of(escalated)["level"] == "GRIEVANCE"
    assert Issue.objects.get().status == "PROCESSING"
    # An older word that all is resolved is not about the escalation.
    answer(journey, done, by_seller("RESOLVED", "A5", after_s=2), asked=False)
    assert Issue.objects.get().status == "PROCESSING"
    answer(journey, done, by_seller("RESOLVED", "A9", after_s=20), asked=False)
    assert Issue.objects.get().status == "RESOLVED"
    acted(journey, done, speaking, act="close", rating="THUMBS_UP")
    answer(journey, done, by_seller("PROCESSING", "A10", after_s=30), asked=False)
    assert Issue.objects.get().status == "CLOSED"


def test_what_cannot_be_complained_about_is_refused(journey: Journey, speaking: Voice) -> None:
    done = complained(journey, speaking)
    with pytest.raises(IssueOpenAlready):
        complained(journey, speaking)
    for act_of in ("provide", "accept", "reject"):
        with pytest.raises(IssueActNotPossible):
            acted(journey, done, speaking, act=act_of, text="x")
    with pytest.raises(IssueNotFound):
        services.act_on_issue(
            issue_id=done.issue.pk, rider_id=make_rider().pk, act="escalate", voice=speaking,
            now=clock(),
        )  # fmt: skip
    RideOrder.objects.update(stage="READY", ride_state="")
    Issue.objects.update(status="CLOSED")
    with pytest.raises(RideOrderNotReady):
        complained(journey, speaking)
    assert IssueAct.objects.count() == 1


def test_an_answer_about_no_complaint_of_this_order_is_parked_and_one_without_an_id_refused(
    journey: Journey, speaking: Voice
) -> None:
    done = complained(journey, speaking)

    assert answer(journey, done, id=str(new_id()), asked=False) == "ACK"
    assert answer(journey, done, id="", asked=False) == "20006"

    parked = journey.search.transaction.inbound.get(state="PARKED")
    assert parked.outcome == "issue_unknown"


def test_a_complaint_that_nobody_took_is_said_again(journey: Journey, speaking: Voice) -> None:
    done = complained(journey, speaking)
    OutboundMessage.objects.filter(pk=done.said.pk).update(state="LOST", settled_at=clock())
    later = clock() + timedelta(minutes=6)

    assert services.repeat_lost_issues(voice=speaking, now=clock()) == []
    (again,) = services.repeat_lost_issues(voice=speaking, now=later)
    assert services.repeat_lost_issues(voice=speaking, now=later) == []

    assert json.loads(again.body)["message"] == json.loads(done.said.body)["message"]
    assert again.question.message_id != done.said.question.message_id


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_one_that_the_official_schema_takes(
    journey: Journey, speaking: Voice, code: str
) -> None:
    order = journey.now()
    for version in ("2.1.0", "2.0.1"):
        RideOrder.objects.filter(pk=order.pk).update(version=version)
        done = services.open_issue(
            order_id=order.pk, rider_id=rider_id(journey), code=code, text="x", voice=speaking,
            now=clock(),
        )  # fmt: skip
        assert issue_of(done)["id"] == str(done.issue.pk)
        Issue.objects.update(status="CLOSED")


@pytest.mark.parametrize(
    ("constraint", "changes"),
    [
        ("ondc_issue_known", {"status": "GONE"}),
        ("ondc_issue_known", {"level": "COURT"}),
        ("ondc_issue_known", {"version": "3.0.0"}),
        ("ondc_issue_rated_when_closed", {"rating": "THUMBS_UP"}),
        ("ondc_issue_rated_when_closed", {"status": "CLOSED", "rating": "FINE"}),
        ("ondc_issue_closed_is_closed", {"code": "AGT01"}),
    ],
)
def test_a_complaint_that_cannot_be_true_is_refused(
    journey: Journey, speaking: Voice, constraint: str, changes: dict[str, object]
) -> None:
    done = complained(journey, speaking)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Issue.objects.update(**changes)
    facts: dict[str, Any] = {  # Any: fields
        "order": done.issue.order, "version": "2.0.0", "category": "AGENT", "code": "AGT01",
        "respond_by": clock(), "resolve_by": clock(), "created_at": clock(), "changed_at": clock(),
    }  # fmt: skip
    with pytest.raises(IntegrityError, match="ondc_issue_one_open"), transaction.atomic():
        Issue.objects.create(**facts)
    known = done.issue.acts.get()
    with pytest.raises(IntegrityError, match="ondc_issue_act_once"), transaction.atomic():
        IssueAct.objects.create(
            issue=done.issue, key=known.key, by=known.by, code="OPEN", at=clock()
        )
    with pytest.raises(IntegrityError, match="ondc_issue_act_by_known"), transaction.atomic():
        IssueAct.objects.update(by="COURT")
    with pytest.raises(IntegrityError, match="ondc_issue_never_deleted"), transaction.atomic():
        Issue.objects.all()._raw_delete("default")
    Issue.objects.update(status="CLOSED")
    with pytest.raises(IntegrityError, match="ondc_issue_closed_is_closed"), transaction.atomic():
        Issue.objects.update(status="OPEN")
