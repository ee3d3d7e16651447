"""The clock as an operator and as the beat run it."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from apps.campaigns import tasks
from tests.campaigns.making import make_campaign

pytestmark = pytest.mark.django_db


def test_the_command_says_what_the_clock_did() -> None:
    campaign = make_campaign()
    campaign.ends_at = timezone.now()
    campaign.starts_at = campaign.ends_at - timedelta(days=1)
    campaign.save()
    out = StringIO()

    call_command("campaign_clock", stdout=out)

    assert out.getvalue().startswith("0 started, 1 ended")
    campaign.refresh_from_db()
    assert campaign.state == "ENDED"


def test_the_task_does_the_same_and_takes_what_the_queue_adds() -> None:
    campaign = make_campaign()
    campaign.ends_at = timezone.now()
    campaign.starts_at = campaign.ends_at - timedelta(days=1)
    campaign.save()

    tasks.campaign_clock(limit=1, from_a_later_version=True)

    campaign.refresh_from_db()
    assert campaign.state == "ENDED"
