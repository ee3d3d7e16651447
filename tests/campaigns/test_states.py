"""Moving a campaign along."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from apps.accounts.models import AuditEvent
from apps.campaigns import services
from apps.campaigns.errors import (
    TransitionNotAllowed,
)
from apps.campaigns.lifecycle import State, SuspendedFor, may_go
from apps.campaigns.models import Campaign
from apps.merchants.errors import ReasonRequired
from tests.campaigns.acting import (
    Act,
    approve,
    end,
    lift,
    pause,
    reject,
    resume,
    resume_as_operator,
    stop,
    submit,
    suspend,
)
from tests.campaigns.making import make_campaign
from tests.merchants.making import NOON

pytestmark = pytest.mark.django_db


def refusals(campaign: Campaign, acts: Sequence[Act]) -> list[Act]:
    refused = []
    for act in acts:
        before = Campaign.objects.values().get(pk=campaign.pk)
        try:
            with transaction.atomic():
                act(campaign)
                transaction.set_rollback(True)
        except TransitionNotAllowed:
            refused.append(act)
            assert Campaign.objects.values().get(pk=campaign.pk) == before
    return refused


ACTS = [submit, approve, reject, pause, stop, resume, resume_as_operator, suspend, lift]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ([], [submit, suspend]),
        ([submit], [pause, stop, suspend]),
        ([submit, pause], [pause, stop, resume, resume_as_operator, suspend]),
        ([submit, stop], [stop, resume_as_operator, suspend]),
        ([submit, end], [suspend]),
        ([submit, suspend], [lift]),
        ([submit, pause, suspend], [lift]),
    ],
)
def test_only_the_drawn_arrows_can_be_walked(path: list[Act], allowed: list[Act]) -> None:
    campaign = make_campaign(submit=False)
    for act in path:
        act(campaign)

    assert refusals(campaign, ACTS) == [act for act in ACTS if act not in allowed]


def test_a_campaign_in_review_is_approved_or_rejected() -> None:
    campaign = make_campaign(cap_paise=600_00)

    assert refusals(campaign, ACTS) == [
        act for act in ACTS if act not in (approve, reject, suspend)
    ]
    assert reject(campaign).state == State.DRAFT
    submit(campaign)
    assert approve(campaign).state == State.ACTIVE


def test_a_lifted_suspension_returns_to_where_it_was() -> None:
    campaign = make_campaign()
    pause(campaign)
    suspend(campaign)

    lifted = lift(campaign)

    assert (lifted.state, lifted.pause_reason) == (State.PAUSED, "merchant")
    assert lifted.suspended_for == ""


def test_ending_twice_is_ending_once() -> None:
    campaign = make_campaign()
    first = end(campaign)

    assert end(campaign).status_changed_at == first.status_changed_at


@pytest.mark.parametrize(
    "act",
    [services.reject, partial(services.suspend, kind=SuspendedFor.OTHER), services.lift],
)
def test_an_operator_says_why(act: Callable[..., Any]) -> None:
    campaign = make_campaign()

    with pytest.raises(ReasonRequired):
        act(campaign_id=campaign.pk, actor_id=None, reason=" ", now=NOON)
    with pytest.raises(ReasonRequired):
        services.pause(campaign_id=campaign.pk, merchant_id=None, actor_id=None, now=NOON)


def test_every_act_leaves_a_trace_with_what_changed() -> None:
    campaign = make_campaign()
    suspend(campaign)

    event = AuditEvent.objects.get(action="campaign.suspended")
    assert (event.object_id, event.reason) == (str(campaign.pk), "odd")
    assert event.before == {"state": "ACTIVE"}
    assert (event.after["state"], event.after["suspended_for"]) == ("SUSPENDED", "other")


def test_nothing_leaves_the_archive_but_a_suspension() -> None:
    assert [to for to in State if may_go(State.ARCHIVED, to)] == [State.SUSPENDED]
