"""The operators' lists of handshakes: to read, and to act on with a reason, never to write."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import AuditEvent, User
from apps.handshake import disputes, reversals
from apps.handshake.models import Dispute, Handshake, Reversal
from tests.accounts.making import at_the_desk, make_operator
from tests.factories import FUNDS_PAISE, Shop, make_shop
from tests.handshake.visiting import CAP_PAISE, purses, visit
from uma.kernel.geo import Point

pytestmark = pytest.mark.django_db
KINDS = ("handshake", "reversal", "dispute")


@pytest.fixture
def shop() -> Shop:
    return make_shop(now=timezone.now())


@pytest.fixture
def handshake(shop: Shop) -> Handshake:
    return visit(shop, now=timezone.now())


def operator(role: str | None = None) -> Client:
    """Return a signed-in operator's client: in this role, or with everything."""
    return at_the_desk(make_operator(role))


def act(
    client: Client,
    kind: str,
    action: str,
    *rows: Handshake | Dispute,
    **form: str,
) -> Any:  # Any: Django's test response
    chosen = [str(row.pk) for row in rows]
    data = {"action": action, "_selected_action": chosen, **form}
    return client.post(reverse(f"admin:handshake_{kind}_changelist"), data, follow=True)


def contest(handshake: Handshake) -> Dispute:
    return disputes.open_dispute(
        handshake=handshake,
        opened_by=handshake.rider_id,
        opened_as="rider",
        reason="never came",
        now=timezone.now(),
    )


def give_back(handshake: Handshake, amount_paise: int | None = None) -> Reversal:
    return reversals.reverse(
        handshake_id=handshake.pk,
        merchant_id=None,
        actor_id=uuid4(),
        amount_paise=amount_paise,
        reason="x",
        key=None,
        now=timezone.now(),
    ).reversal


def test_the_lists_show_what_happened(shop: Shop, handshake: Handshake) -> None:
    client = operator()
    give_back(handshake, 50_00)
    contest(visit(shop, now=timezone.now()))

    pages = {
        kind: client.get(reverse(f"admin:handshake_{kind}_changelist")).content.decode()
        for kind in KINDS
    }

    assert "₹232.60" in pages["handshake"]
    assert "₹150.00" in pages["handshake"]
    assert "₹50.00" in pages["handshake"]
    assert "₹50.00" in pages["reversal"]
    assert "never came" in pages["dispute"]
    assert "₹150.00" in pages["dispute"]


def test_nothing_is_added_changed_or_deleted_by_a_form(handshake: Handshake) -> None:
    client = operator()
    elsewhere = visit(make_shop("Next door", now=timezone.now()), now=timezone.now())
    rows: dict[str, Handshake | Dispute | Reversal] = {
        "handshake": handshake,
        "dispute": contest(handshake),
        "reversal": give_back(elsewhere),
    }
    before = list(Handshake.objects.order_by("pk").values())

    for kind, row in rows.items():
        detail = reverse(f"admin:handshake_{kind}_change", args=[row.pk])
        page = client.get(detail)
        assert page.status_code == 200
        assert "request_fingerprint" not in page.content.decode()
        assert client.post(detail, {"reason": "y"}).status_code == 403
        assert client.get(reverse(f"admin:handshake_{kind}_add")).status_code == 403
        address = reverse(f"admin:handshake_{kind}_delete", args=[row.pk])
        assert client.post(address, {"post": "yes"}).status_code == 403

    assert list(Handshake.objects.order_by("pk").values()) == before
    assert (Dispute.objects.count(), Reversal.objects.count()) == (1, 1)


def test_reversing_asks_why_and_then_returns_the_money(shop: Shop, handshake: Handshake) -> None:
    client = operator()

    asked = act(client, "handshake", "reverse_selected", handshake).content.decode()
    silent = act(
        client, "handshake", "reverse_selected", handshake, confirmed="Reverse", reason=""
    ).content.decode()

    assert str(handshake.pk) in asked
    assert "₹232.60" in asked
    assert "required" in silent
    assert not Reversal.objects.exists()
    own = client.get(reverse("admin:handshake_handshake_change", args=[handshake.pk]))
    assert 'name="action" value="reverse_selected"' in own.content.decode()
    done = act(
        client, "handshake", "reverse_selected", handshake, confirmed="Yes", reason="scanned twice"
    )
    assert "done, ₹232.60" in done.content.decode()
    assert shop.wallet_paise == FUNDS_PAISE
    assert Reversal.objects.get().reason == "scanned twice"
    event = AuditEvent.objects.get(action="handshake.reversed")
    assert event.actor_id == User.objects.get(is_superuser=True).pk
    assert event.reason == "scanned twice"


def test_a_refusal_of_one_is_shown_and_the_others_are_reversed(shop: Shop) -> None:
    then = timezone.now() - timedelta(days=91)
    old_shop = make_shop("Old", now=then)
    old = visit(old_shop, now=then)
    young = visit(shop, now=timezone.now())

    page = act(
        operator(), "handshake", "reverse_selected", old, young, confirmed="Yes", reason="x"
    ).content.decode()

    assert "It could be reversed until" in page
    assert Reversal.objects.get().handshake_id == young.pk
    assert shop.wallet_paise == FUNDS_PAISE


@pytest.mark.parametrize("action", ["reverse_selected", "approve_selected"])
def test_only_who_may_reverse_is_offered_it(handshake: Handshake, action: str) -> None:
    client = operator("support")
    before = purses(handshake.merchant_id, handshake.rider_id)

    page = client.get(reverse("admin:handshake_handshake_changelist")).content.decode()
    act(client, "handshake", action, handshake, confirmed="Yes", reason="x")

    assert action not in page
    assert purses(handshake.merchant_id, handshake.rider_id) == before


def test_a_remote_scan_is_approved_from_the_list(shop: Shop) -> None:
    handshake = visit(shop, now=timezone.now(), location=Point(13.4, 74.8))

    done = act(
        operator("finance"),
        "handshake",
        "approve_selected",
        handshake,
        confirmed="Yes",
        reason="a large car park",
    )

    assert purses(handshake.merchant_id, handshake.rider_id)["rider"] == CAP_PAISE
    assert "done, ₹150.00 to the rider" in done.content.decode()
    assert AuditEvent.objects.get(action="handshake.review-approved").reason == "a large car park"


@pytest.mark.parametrize(
    ("action", "state", "rider_paise"),
    [("for_rider", "FOR_RIDER", CAP_PAISE), ("for_merchant", "FOR_MERCHANT", 0)],
)
def test_a_dispute_is_decided_from_the_list(
    handshake: Handshake, action: str, state: str, rider_paise: int
) -> None:
    dispute = contest(handshake)
    client = operator()

    act(client, "dispute", action, dispute)
    assert purses(handshake.merchant_id, handshake.rider_id)["parked"] == CAP_PAISE
    done = act(client, "dispute", action, dispute, confirmed="Yes", reason="camera")

    dispute.refresh_from_db()
    assert f"done, ₹150.00 to the {action.removeprefix('for_')}" in done.content.decode()
    left = purses(handshake.merchant_id, handshake.rider_id)
    assert (dispute.state, left.get("rider", 0), "parked" in left) == (state, rider_paise, False)


def test_only_who_may_decide_decides(handshake: Handshake) -> None:
    dispute = contest(handshake)

    act(operator("support"), "dispute", "for_merchant", dispute, confirmed="Yes", reason="x")

    dispute.refresh_from_db()
    assert dispute.state == "OPEN"
