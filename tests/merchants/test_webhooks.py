"""A merchant's endpoints over the API: the secret once, the plan's limit, and nobody else's."""

import json
from datetime import UTC, datetime

import pytest
from django.test import Client

from apps.merchants import selectors, services
from apps.notifications import services as notifications
from apps.notifications.models import WebhookDelivery, WebhookEndpoint
from tests.factories import Shop, bearer, make_shop
from uma.kernel.ids import new_id

pytestmark = pytest.mark.django_db
PATH = "/api/merchant/webhooks"
BODY = {"url": "https://pos.example.in/uma", "events": ["handshake.success", "campaign.completed"]}


@pytest.fixture
def shop() -> Shop:
    return make_shop()


def send(shop: Shop, method: str, path: str, body: object | None = None) -> tuple[int, object]:
    answer = Client().generic(
        method,
        f"{PATH}{path}",
        json.dumps(body) if body is not None else "",
        content_type="application/json",
        headers=bearer(shop.owner_id, "merchant", now=datetime.now(UTC)),
    )
    return answer.status_code, answer.json() if answer.content else None


def test_a_secret_is_shown_once_and_kept_sealed(shop: Shop) -> None:
    status, made = send(shop, "POST", "", BODY)

    assert status == 201
    assert isinstance(made, dict)
    row = WebhookEndpoint.objects.get()
    assert made["secret"] == row.secret
    assert made["secret"].startswith("whsec_")
    _, listed = send(shop, "GET", "")
    assert made["secret"] not in str(listed)


def test_an_address_stands_once_and_comes_back_after_it_was_removed(shop: Shop) -> None:
    _, made = send(shop, "POST", "", BODY)
    assert isinstance(made, dict)

    assert send(shop, "POST", "", BODY)[0] == 409
    assert send(shop, "DELETE", f"/{made['id']}")[0] == 204
    assert send(shop, "DELETE", f"/{made['id']}")[0] == 204
    assert send(shop, "POST", f"/{made['id']}/rotate", {})[0] == 409
    assert send(shop, "POST", "", BODY)[0] == 201


@pytest.mark.parametrize(
    "url", ["https://10.0.0.1:9/", "ftp://a.example.in/", "https://u:p@a.example.in/", "https://"]
)
def test_an_address_that_is_none_is_refused(shop: Shop, url: str) -> None:
    status, problem = send(shop, "POST", "", BODY | {"url": url})

    assert isinstance(problem, dict)
    assert (status, problem["code"]) == (422, "endpoint_not_allowed")
    assert WebhookEndpoint.objects.count() == 0


def test_the_plan_says_how_many(shop: Shop) -> None:
    limit = selectors.plan_limit(merchant_id=shop.merchant.pk, feature="webhooks") or 0
    for number in range(limit):
        assert send(shop, "POST", "", BODY | {"url": f"https://{number}.example.in/"})[0] == 201

    _, problem = send(shop, "POST", "", BODY)

    assert isinstance(problem, dict)
    assert problem["code"] == "plan_limit_reached"
    assert WebhookEndpoint.objects.count() == limit > 0


def test_the_log_is_read_and_a_range_sent_once_more(shop: Shop) -> None:
    _, made = send(shop, "POST", "", BODY)
    assert isinstance(made, dict)
    now = datetime.now(UTC)
    (owed,) = notifications.queue_webhook(
        merchant_id=shop.merchant.pk, event_id=new_id(), type="handshake.success",
        payload={"customer": "c", "bookingId": "b"}, now=now,
    )  # fmt: skip
    WebhookDelivery.objects.update(state="FAILED", last_error="status_500", last_status=500)

    status, log = send(shop, "GET", f"/{made['id']}/deliveries")
    assert status == 200
    assert isinstance(log, list)
    assert (log[0]["state"], log[0]["status"], log[0]["sent"]["customer"]) == ("failed", 500, "•••")

    window = {"since": "2020-01-01T00:00:00Z", "until": "2099-01-01T00:00:00Z"}
    assert send(shop, "POST", f"/{made['id']}/replay", window) == (200, {"replayed": 1})
    owed.refresh_from_db()
    assert owed.state == "PENDING"


def test_a_campaign_that_ends_is_told(shop: Shop) -> None:
    from apps.campaigns import services as campaigns  # noqa: PLC0415

    now = datetime.now(UTC)
    services.add_webhook(
        merchant_id=shop.merchant.pk, url="https://pos.example.in/", private=False,
        events=["campaign.completed"], actor_id=shop.owner_id, now=now,
    )  # fmt: skip

    campaigns.end(
        campaign_id=shop.campaign.pk, merchant_id=shop.merchant.pk, actor_id=None, now=now
    )

    told = WebhookDelivery.objects.get()
    assert told.type == "campaign.completed"
    assert told.payload["campaignId"] == str(shop.campaign.pk)
