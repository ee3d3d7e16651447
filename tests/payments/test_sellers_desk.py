"""The desk names who sells in a zone: what its documents say of the platform from an instant on."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import AuditEvent
from apps.payments.models import Seller
from tests.accounts.making import at_the_desk, make_operator
from tests.factories import make_merchant, make_zone
from tests.payments.trading import gstin, make_seller

pytestmark = pytest.mark.django_db
LIST, NAME = reverse("admin:payments_seller_changelist"), reverse("admin:payments_seller_name")
REASON = "the registration certificate came today"


@pytest.fixture(autouse=True)
def two_zones() -> None:
    for zone in ("BLR", "MNP"):
        make_zone(zone)


def named(client: Client, zone: str = "BLR", **more: str) -> str:
    facts = {
        "zone": zone,
        "legal_name": "UMA Platforms Private Limited",
        "address": "12 Residency Road, Bengaluru 560025",
        "gstin": gstin(),
        "series": "BLR",
        "advertising_sac": "998365",
        "subscription_sac": "998314",
        "reason": REASON,
    }
    answer = client.post(NAME, facts | more, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("role", ["finance", "administrator"])
def test_a_seller_is_named_with_a_reason_and_the_trail_says_by_whom(role: str) -> None:
    operator = make_operator(role, "BLR")

    page = named(at_the_desk(operator), effective_from="2026-04-01 00:00")

    seller = Seller.objects.get()
    assert (seller.zone_id, seller.gstin, seller.subscription_sac) == ("BLR", gstin(), "998314")
    assert seller.effective_from == datetime(2026, 4, 1, tzinfo=UTC)
    event = AuditEvent.objects.get(action="seller.set")
    assert (event.object_id, event.actor_id, event.reason) == ("BLR", operator.pk, REASON)
    assert REASON in page, "the act stands on the seller's own page"


def test_without_an_instant_the_seller_sells_from_now_on() -> None:
    before = timezone.now()

    named(at_the_desk(make_operator("finance")))

    assert before <= Seller.objects.get().effective_from <= timezone.now()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"gstin": gstin("27")}, "another"),
        ({"gstin": "29AAAA"}, "15"),
        ({"series": "b!"}, "two to four"),
        ({"advertising_sac": "12"}, "99 and four digits"),
        ({"address": " "}, "This field is required."),
        ({"reason": ""}, "This field is required."),
        ({"effective_from": "someday"}, "valid date"),
        ({"zone": "PNQ"}, "not one of the available choices"),
    ],
)
def test_what_no_document_can_name_is_said_on_the_form(changes: dict[str, str], said: str) -> None:
    assert said in named(at_the_desk(make_operator("finance")), **changes)

    assert not Seller.objects.exists()


def test_a_successor_begins_with_what_is_known_and_the_instant_is_taken_once() -> None:
    client = at_the_desk(make_operator("finance"))
    since = timezone.now().replace(microsecond=0) - timedelta(days=1)
    make_seller("MNP", since=since)

    page = client.get(NAME, {"zone": "MNP"}).content.decode()

    assert "4 Tiger Circle Road" in page
    assert "already" in named(client, "MNP", effective_from=f"{since:%Y-%m-%d %H:%M:%S}")
    named(client, "MNP")
    assert Seller.objects.filter(zone_id="MNP").count() == 2


def test_who_may_not_say_who_sells_there_names_nobody() -> None:
    here = at_the_desk(make_operator("finance", "MNP"))

    assert "not one of the available choices" in named(here, "BLR")
    assert "Bengaluru" not in here.get(NAME, {"zone": "BLR"}).content.decode()
    for role in ("support", "reviewer", "city_manager"):
        client = at_the_desk(make_operator(role))
        assert (client.get(NAME).status_code, client.post(NAME, {}).status_code) == (403, 403)
    assert not Seller.objects.exists()


def test_the_desk_is_told_of_the_zones_of_its_own_where_nobody_sells() -> None:
    make_seller("MNP", since=timezone.now() - timedelta(days=1))
    make_merchant("Any shop", zone="PNQ")

    def told(role: str, *zone: str) -> list[bool]:
        page = at_the_desk(make_operator(role, *zone)).get(LIST).content.decode()
        return [f"{NAME}?zone={code}" in page for code in ("BLR", "MNP", "PNQ")]

    assert told("finance") == [True, False, True]
    assert told("finance", "BLR") == [True, False, False]
    # Who may not name one is told, and offered nothing.
    manager = at_the_desk(make_operator("city_manager")).get(LIST).content.decode()
    assert "Nobody is named as the seller in" in manager
    assert told("city_manager") == [False, False, False]
