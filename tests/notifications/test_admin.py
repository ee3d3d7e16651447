"""What operators can and cannot do with messages."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import AuditEvent, User
from apps.notifications import services
from apps.notifications.models import InboxMessage
from tests.accounts.making import make_operator
from tests.notifications.making import NOON, make_device, make_message, make_person, row

pytestmark = pytest.mark.django_db

MODELS = ("inboxmessage", "device", "webhookendpoint", "webhookdelivery")


@pytest.fixture
def operator(client: Client) -> User:
    user = User.objects.create_superuser("operator", "a-password-of-no-value")
    client.force_login(user)
    return user


@pytest.mark.parametrize("model", MODELS)
def test_nothing_is_added_changed_or_deleted_by_hand(
    client: Client, operator: User, model: str
) -> None:
    assert operator.is_superuser
    assert client.get(reverse(f"admin:notifications_{model}_changelist")).status_code == 200
    assert client.get(reverse(f"admin:notifications_{model}_add")).status_code == 403


def test_a_message_cannot_be_edited_or_deleted(client: Client, operator: User) -> None:
    message = make_message(operator.pk)
    change = reverse("admin:notifications_inboxmessage_change", args=[message.pk])
    delete = reverse("admin:notifications_inboxmessage_delete", args=[message.pk])

    assert client.get(change).status_code == 200
    assert client.post(change, {"title": "Another"}).status_code == 403
    assert client.post(delete, {"post": "yes"}).status_code == 403

    assert row(message).title == "Your visit is verified"


def test_the_lists_search_and_show_rows_but_no_address_and_no_secret(
    client: Client, operator: User
) -> None:
    person = make_person()
    device = make_device(person, fid="fid-nobodys-business")
    endpoint = services.add_endpoint(
        merchant_id=person, url="https://a.example/", events=["x"], secret="whsec_no", now=NOON
    )
    services.queue_webhook(merchant_id=person, event_id=person, type="x", payload={}, now=NOON)
    make_message(person)

    assert operator.is_staff
    for model in MODELS:
        page = client.get(reverse(f"admin:notifications_{model}_changelist"), {"q": str(person)})
        assert page.status_code == 200
    for name, pk in [("device", device.pk), ("webhookendpoint", endpoint.pk)]:
        page = client.get(reverse(f"admin:notifications_{name}_change", args=[pk]))
        text = page.content.decode()
        assert "fid-nobodys-business" not in text
        assert "whsec_no" not in text


def test_push_again_makes_failed_ones_due_and_reports_each_refusal(
    client: Client, operator: User
) -> None:
    failed, pending = make_message(operator.pk), make_message(operator.pk)
    InboxMessage.objects.filter(pk=failed.pk).update(push_state="FAILED", last_error="unavailable")

    page = client.post(
        reverse("admin:notifications_inboxmessage_changelist"),
        {"action": "push_again", "_selected_action": [str(failed.pk), str(pending.pk)]},
        follow=True,
    )

    said = sorted(str(message) for message in page.context["messages"])
    assert sorted(said) == sorted(
        [
            f"{failed.pk}: due again",
            f"{pending.pk}: This message is waiting to be pushed already.",
        ]
    )
    assert row(failed).push_state == "PENDING"
    assert AuditEvent.objects.get(action="message.push-again").actor_id == operator.pk


def test_push_again_needs_its_own_permission(client: Client) -> None:
    viewer = make_operator("finance")
    client.force_login(viewer)
    message = make_message(viewer.pk)
    InboxMessage.objects.update(push_state="FAILED")

    client.post(
        reverse("admin:notifications_inboxmessage_changelist"),
        {"action": "push_again", "_selected_action": [str(message.pk)]},
    )

    assert row(message).push_state == "FAILED"
