"""View-as: an operator sees what a person sees for a quarter of an hour, changes nothing, and is on the trail."""

import re
from itertools import cycle
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.console.admin.viewing import VIEWABLE
from apps.merchants.models import Staff
from apps.notifications import services as notifications
from apps.notifications.models import InboxMessage
from apps.payments import services as payments
from tests.analytics.making import visit
from tests.business.browsing import signed_in
from tests.console.looking import COOKIE, addresses, ask, looking
from tests.factories import Shop, make_booking, make_shop
from tests.merchants.making import make_staff
from tests.notifications.making import make_message
from tests.rider.riding import Riding
from tests.rider.test_complaints import Complaining
from tests.rider.travelling import Travelling

pytestmark = pytest.mark.django_db


def test_an_operator_looks_at_a_riders_pages_until_they_stop(
    desk: Client, operator: User, rider: User, shop: Shop
) -> None:
    booking = make_booking(shop, rider, now=timezone.now())
    page = desk.get(f"/admin/accounts/user/{rider.pk}/change/").content.decode()
    assert "View as" in page
    assert "on the trail" in ask(desk, rider, confirmed=False).content.decode()

    look = looking(desk, rider)
    tickets = look.get("/app/tickets").content.decode()

    assert f"/app/tickets/{booking.pk}" in tickets
    assert "Pages of Asha" in tickets
    assert operator.shown_name in tickets
    assert re.search(r"data-left=\"(900|89\d)\" datetime=\"[^\"]+\">1[45]", tickets)
    # The console stands beside it, and their own app is closed until they stop.
    assert desk.get("/admin/").status_code == 200
    stopped = look.post("/admin/stop-viewing/")
    assert stopped.headers["Location"] == f"/admin/accounts/user/{rider.pk}/change/"
    assert look.cookies[COOKIE].value == ""
    assert look.get("/app/tickets").status_code == 302


def test_the_business_app_is_seen_as_its_owner_sees_it(desk: Client, shop: Shop) -> None:
    look = looking(desk, shop.merchant)

    wallet = look.get("/business/", follow=True)
    assert wallet.redirect_chain[-1][0] == "/business/wallet"
    own = signed_in(shop.owner_id).get("/business/wallet").content.decode()
    shown = wallet.content.decode()
    balance = re.search(r'class="amount"[^>]*>\s*([^<]+)<', own)
    assert balance is not None
    assert balance[1] in shown
    assert "Laterite" in shown
    # The rider's app of the same person is another view.
    assert look.get("/app/wallet").status_code == 403
    back = look.post("/admin/stop-viewing/").headers["Location"]
    assert back == f"/admin/merchants/merchant/{shop.merchant.pk}/change/"


@pytest.mark.usefixtures("on_the_network")
def test_every_page_that_may_be_seen_is_seen(desk: Client, shop: Shop) -> None:
    ride = Complaining()
    trip = Travelling()
    trip.active("GATE-ONE")
    opened = set()
    for row, person_id, role, keys in (
        (ride.rider, ride.rider.pk, "rider", of_rider(ride)),
        (trip.rider, trip.rider.pk, "rider", {"journey_id": trip.journey.pk}),
        (shop.merchant, shop.owner_id, "merchant", of_business(shop)),
    ):
        look, own = looking(desk, row), signed_in(person_id, role=role)
        for address, name in addresses(keys):
            # The other rider was asked for all pages; what travels has its own.
            if name in VIEWABLE[role] and (row != trip.rider or name.startswith("rider-trip")):
                asked = {"ticket": str(keys["booking_id"])} if name == "rider-ride-new" else {}
                answer = look.get(address, asked)
                assert answer.status_code == own.get(address, asked).status_code != 403, address
                # So that the app's worker keeps none of them for later.
                assert "X-Viewing" in answer.headers, address
                if b"<html" in answer.content:
                    assert b"data-viewing" in answer.content, address
                    assert b"service-worker" not in answer.content, address
                if answer.status_code in {200, 302}:
                    opened.add(name)
    # None of them was only ever missing.
    assert opened == VIEWABLE["rider"] | VIEWABLE["merchant"]


def of_rider(ride: Complaining) -> dict[str, UUID]:
    return {
        "campaign_id": ride.shop.campaign.pk,
        "booking_id": ride.booking.pk,
        "journey_id": UUID(ride.ride.rpartition("/")[2]),
        "issue_id": ride.issue.pk,
    }


def of_business(shop: Shop) -> dict[str, UUID]:
    now = timezone.now()
    return {
        "campaign_id": shop.campaign.pk,
        "outlet_id": shop.outlet.pk,
        "handshake_id": visit(shop, at=now).pk,
        "endpoint_id": notifications.add_endpoint(
            merchant_id=shop.merchant.pk, url="https://books.example.in/uma",
            events=["handshake.settled"], secret=notifications.new_secret(), now=now,
        ).pk,
        "top_up_id": payments.begin_top_up(
            merchant_id=shop.merchant.pk, amount_paise=500_00, actor_id=shop.owner_id, key=None, now=now
        ).top_up.pk,
    }  # fmt: skip


def test_nothing_but_looking_passes_whatever_the_address(desk: Client, rider: User) -> None:
    look = looking(desk, rider)
    passed = []

    others = cycle(["PUT", "PATCH", "DELETE", "OPTIONS"])
    every = [(address, method) for address, _ in addresses() for method in ("POST", next(others))]
    for address, method in every:
        answer = look.generic(method, address)
        is_api = address.startswith("/api/")
        kind = "application/problem+json" if is_api else "text/html"
        if (answer.status_code, answer["Content-Type"].partition(";")[0]) != (403, kind):
            passed.append((method, address, answer.status_code))

    assert len(every) > 400
    assert passed == []
    # And they look on.
    assert look.get("/app/me").status_code == 200


def test_what_is_no_page_of_the_person_is_refused_for_looking_as_well(
    desk: Client, shop: Shop, rider: User
) -> None:
    for row, role in ((rider, "rider"), (shop.merchant, "merchant")):
        look = looking(desk, row)
        passed = [
            (address, name)
            for address, name in addresses()
            if name not in VIEWABLE[role]
            and (role == "rider" or name.startswith("business-"))
            and look.get(address).status_code != 403
        ]
        assert passed == []


@pytest.mark.parametrize(
    "address",
    ["/app/check-in", "/app/check-in/code", "/business/scan", "/app/sign-in", "/business/sign-in"],
)
def test_codes_scanner_and_sign_in_are_nobody_elses(
    desk: Client, shop: Shop, rider: User, address: str
) -> None:
    look = looking(desk, rider if address.startswith("/app") else shop.merchant)
    refused = look.get(address)

    assert refused.status_code == 403
    assert b"You only look" in refused.content
    assert b"data-text" not in refused.content.partition(b"</aside>")[2]


def test_no_code_of_a_ticket_and_no_whole_number_is_shown(
    desk: Client, rider: User, shop: Shop
) -> None:
    booking = make_booking(shop, rider, now=timezone.now())
    look = looking(desk, rider)

    for part in ("", "/state"):
        ticket = look.get(f"/app/tickets/{booking.pk}{part}").content.decode()
        assert 'data-state="BOOKED"' in ticket
        assert "The code is shown to this person alone." in ticket
        assert 'id="code"' not in ticket
        assert 'id="qr"' not in ticket
    assert look.post("/app/session/token").status_code == 403
    assert look.get(f"/api/rides/{booking.pk}").status_code == 403
    me = look.get("/app/me").content.decode()
    assert "+91 •••••• 2345" in me
    assert rider.phone not in me
    assert rider.phone in signed_in(rider.pk, role="rider").get("/app/me").content.decode()


@pytest.mark.usefixtures("on_the_network")
def test_no_code_for_a_driver_or_a_gate_and_nothing_of_the_driver_is_shown(desk: Client) -> None:
    ride = Riding()
    ride.riding(tracking_url="https://cabs.example/follow/1")
    own = ride.get()
    look = looking(desk, ride.rider)
    seen = look.get(f"{ride.path}/state").content.decode()
    assert "Ravi" in seen
    for secret in ("4711", "9000000099", "cabs.example"):
        assert secret in own
        assert secret not in seen
    trip = Travelling()
    trip.active("GATE-ONE")
    assert "GATE-ONE" in trip.get()

    look = looking(desk, trip.rider)
    seen = look.get(f"{trip.path}/state").content.decode()
    assert "GATE-ONE" not in seen
    assert 'class="qr"' not in seen


def test_a_message_that_was_looked_at_is_still_unread(desk: Client, rider: User) -> None:
    message = make_message(rider.pk)

    assert message.title in looking(desk, rider).get("/app/inbox").content.decode()

    assert InboxMessage.objects.get(pk=message.pk).read_at is None
    signed_in(rider.pk, role="rider").get("/app/inbox")
    assert InboxMessage.objects.get(pk=message.pk).read_at is not None


def test_what_was_said_to_an_owner_as_a_rider_is_not_seen_with_their_business(
    desk: Client, shop: Shop
) -> None:
    message = make_message(shop.owner_id)
    own = signed_in(shop.owner_id)
    assert "/business/inbox" in own.get("/business/more").content.decode()
    assert message.title in own.get("/business/inbox").content.decode()

    look = looking(desk, shop.merchant)

    for address in ("/business/inbox", "/business/inbox/messages"):
        refused = look.get(address)
        assert (refused.status_code, message.title in refused.content.decode()) == (403, False)
    assert "/business/inbox" not in look.get("/business/more").content.decode()


@pytest.mark.urls("tests.console.looking")
def test_a_page_that_writes_when_it_is_opened_writes_nothing(desk: Client, rider: User) -> None:
    assert Client().get("/app/").content == b"written"

    refused = looking(desk, rider).get("/app/")

    assert refused.status_code == 403
    assert User.objects.filter(username="made by GET").count() == 1


def test_a_business_is_seen_through_its_owners_post_and_no_other(desk: Client, shop: Shop) -> None:
    look = looking(desk, shop.merchant)
    assert look.get("/business/team").status_code == 200
    other = make_shop("Elsewhere", now=timezone.now())
    make_staff(shop.merchant, "OWNER")
    Staff.objects.filter(user_id=shop.owner_id).update(is_active=False)
    Staff.objects.create(
        merchant=other.merchant, user_id=shop.owner_id, role="MANAGER", created_at=timezone.now()
    )

    seen = look.get("/business/wallet")
    assert seen.status_code == 403
    assert b"Elsewhere" not in seen.content
