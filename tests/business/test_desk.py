"""The pages of people, invoices, keys and webhooks: what each does, and that a secret is shown once."""

import re
from datetime import UTC, datetime
from html import unescape
from uuid import uuid4

import pytest
from django.test import Client

from apps.merchants.models import ApiKey, Invitation, Staff
from apps.notifications import services as notifications
from apps.notifications.models import WebhookDelivery, WebhookEndpoint
from tests.business.browsing import signed_in
from tests.factories import Shop, make_shop
from tests.merchants.making import make_staff
from uma.kernel.ids import new_id

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return make_shop()


def text(client: Client, path: str) -> str:
    return unescape(client.get(path).content.decode())


def test_somebody_is_invited_and_the_invitation_taken_back(shop: Shop) -> None:
    client = signed_in(shop.owner_id)

    client.post("/business/team", {"phone": "+91 98765 43210", "role": "MANAGER"})

    invitation = Invitation.objects.get()
    assert (invitation.role, invitation.state) == ("MANAGER", "PENDING")
    assert "98765" not in text(client, "/business/team"), "a number is not shown again"
    client.post(f"/business/team/invitations/{invitation.pk}/withdraw")
    invitation.refresh_from_db()
    assert invitation.state == "WITHDRAWN"


def test_a_number_that_is_none_is_refused_beside_the_form(shop: Shop) -> None:
    answer = signed_in(shop.owner_id).post("/business/team", {"phone": "12", "role": "OWNER"})

    assert answer.status_code == 422
    assert 'value="12"' in answer.content.decode()
    assert Invitation.objects.count() == 0


def test_a_post_is_changed_and_ended(shop: Shop) -> None:
    client = signed_in(shop.owner_id)
    make_staff(shop.merchant, Staff.Role.SCANNER)
    post = Staff.objects.get(role="SCANNER")

    client.post(f"/business/team/{post.pk}", {"role": "MANAGER", "outlet": str(shop.outlet.pk)})
    post.refresh_from_db()
    assert (post.role, post.outlet_ids) == ("MANAGER", [shop.outlet.pk])
    client.post(f"/business/team/{post.pk}/dismiss")

    post.refresh_from_db()
    assert not post.is_active


def test_a_manager_decides_about_scanners_alone(shop: Shop) -> None:
    client = signed_in(make_staff(shop.merchant, Staff.Role.MANAGER))
    owner = Staff.objects.get(role="OWNER")

    invited = client.post("/business/team", {"phone": "+91 98765 43210", "role": "OWNER"})

    assert invited.status_code == 403
    assert client.post(f"/business/team/{owner.pk}/dismiss").status_code == 403
    stranger = signed_in(make_shop("Elsewhere").owner_id)
    assert stranger.post(f"/business/team/{owner.pk}/dismiss").status_code == 404


def test_a_key_is_shown_once_replaced_and_revoked(shop: Shop) -> None:
    client = signed_in(shop.owner_id)

    made = client.post("/business/keys", {"name": "Till", "scope": ["profile:read", "no:such"]})

    secret = secret_in(made.content.decode())
    assert secret.startswith("uma_")
    assert secret not in text(client, "/business/keys")
    key = ApiKey.objects.get()
    assert key.scopes == ["profile:read"]
    again = client.post(f"/business/keys/{key.pk}", {"rotate": "1"})
    assert secret_in(again.content.decode()) != secret
    client.post(f"/business/keys/{key.pk}", {"revoke": "1"})
    key.refresh_from_db()
    assert key.revoked_at is not None


def secret_in(page: str) -> str:
    (found,) = re.findall(r'id="secret">([^<]+)<', page)
    return str(found)


def test_a_key_without_a_name_or_a_scope_is_not_made(shop: Shop) -> None:
    client = signed_in(shop.owner_id)

    assert client.post("/business/keys", {"name": " ", "scope": "profile:read"}).status_code == 422
    assert client.post("/business/keys", {"name": "Till"}).status_code == 422
    assert ApiKey.objects.count() == 0


def test_a_webhook_is_added_rotated_sent_again_and_removed(shop: Shop) -> None:
    client = signed_in(shop.owner_id)
    form = {"url": "https://pos.example.in/", "event": "handshake.success"}
    made = client.post("/business/webhooks", form)
    row = WebhookEndpoint.objects.get()
    assert secret_in(made.content.decode()) == row.secret
    path = f"/business/webhooks/{row.pk}"
    (owed,) = notifications.queue_webhook(
        merchant_id=shop.merchant.pk, event_id=new_id(), type="handshake.success",
        payload={"customer": "somebody", "bookingId": "b-1"}, now=datetime.now(UTC),
    )  # fmt: skip
    WebhookDelivery.objects.update(state="FAILED", last_error="timeout")

    page = text(client, path)
    assert "b-1" in page
    assert "somebody" not in page
    client.post(path, {"delivery": str(owed.pk)})
    owed.refresh_from_db()
    assert owed.state == "PENDING"
    assert secret_in(client.post(path, {"rotate": "1"}).content.decode()) != row.secret
    client.post(path, {"remove": "1"})
    row.refresh_from_db()
    assert row.disabled_reason == "owner"
    assert client.post(path, {"delivery": "nonsense"}).status_code == 409


def test_an_address_that_is_none_is_refused_and_stays_in_the_field(shop: Shop) -> None:
    answer = signed_in(shop.owner_id).post("/business/webhooks", {"url": "https://a:b@x.example/"})

    assert answer.status_code == 422
    assert 'value="https://a:b@x.example/"' in answer.content.decode()
    assert WebhookEndpoint.objects.count() == 0


def test_what_is_another_business_does_not_exist(shop: Shop) -> None:
    client = signed_in(shop.owner_id)
    client.post("/business/webhooks", {"url": "https://pos.example.in/"})
    stranger = signed_in(make_shop("Elsewhere").owner_id)

    assert stranger.get(f"/business/webhooks/{WebhookEndpoint.objects.get().pk}").status_code == 404
    assert stranger.get(f"/business/invoices/{uuid4()}").status_code == 404
    assert stranger.post(f"/business/keys/{uuid4()}", {"revoke": "1"}).status_code == 404
