"""What is a rider's own: wallet, messages, strikes, missions and data, each for its rider alone."""

import re
from datetime import time, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from apps.accounts.models import User
from apps.gamification import selectors as gamification
from apps.gamification.errors import PseudonymTaken
from apps.gamification.serializers.strikes import EVIDENCE_KINDS
from apps.handshake import cards
from apps.notifications import selectors as notifications
from apps.notifications.quiet import Night
from apps.payments import services as payments
from apps.payments.machine import CANCELLABLE, State
from apps.rider.pages import own, wallet
from apps.rider.squares import squares
from apps.rider.wordings import API_REFUSALS
from apps.rides import qr
from apps.wallet.selectors import WORDINGS
from tests.business.browsing import signed_in
from tests.factories import make_booking, make_rider, make_shop
from tests.gamification.making import make_appeal, make_mission, make_strike, make_visit
from tests.handshake.visiting import execute
from tests.notifications.making import make_message

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def rider(settings: Settings) -> User:
    # What other tests left in the document store would be believed: these pages are made without it.
    settings.MONGODB_URL = "mongodb://127.0.0.1:9/uma?w=majority&journal=true"
    gamification.forget_copies()
    return make_rider()


@pytest.fixture
def client(rider: User) -> Client:
    return signed_in(rider.pk, role="rider")


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_cash_back_is_in_the_wallet_with_the_shop_that_paid_it(rider: User, client: Client) -> None:
    now = timezone.now()
    shop = make_shop("Shop With Money", now=now - timedelta(minutes=1))
    execute(make_booking(shop, rider, now=now), shop.owner_id, now=now)

    page = text(client, "/app/wallet")

    assert "Visit · Shop With Money" in page
    assert 'sum plus">+₹150<small>₹150</small>' in page
    assert re.search(r"Can be taken out now</dt><dd>₹0", page)
    assert "Cash back can be taken out a day after it came." in page
    assert "Visit · Shop With Money" in text(client, "/app/wallet/lines")
    assert "Visit · Shop With Money" not in text(client, "/app/wallet/lines?before=1")


def test_an_empty_wallet_says_where_money_comes_from(client: Client) -> None:
    assert "Your first visit brings the first cash back." in text(client, "/app/wallet")
    assert "No account yet" in text(client, "/app/withdraw")


def test_an_account_is_shown_masked_and_says_that_it_is_checked(
    rider: User, client: Client
) -> None:
    payments.add_fund_account(
        person_id=rider.pk, holder_name="Demo Rider", vpa="demo.rider@okbank", now=timezone.now(),
        address=None,
    )  # fmt: skip

    page = text(client, "/app/withdraw")

    assert "•••@okbank" in page
    assert "demo.rider" not in page
    assert "We check that it is yours" in page


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ("MISMATCHED", "It is in another name"),
        ("INVALID", "The bank does not know it"),
        ("CLOSE", "A person looks whether it is yours"),
    ],
)
def test_what_the_bank_said_of_an_account_is_told_where_another_can_be_added(
    rider: User, client: Client, state: str, says: str
) -> None:
    added = payments.add_fund_account(
        person_id=rider.pk, holder_name="Demo Rider", vpa="demo.rider@okbank", now=timezone.now(),
        address=None,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE payments_accountvalidation SET state = %s, asked_at = now(), ended_at = now(),"
            " next_look_at = NULL, razorpay_id = 'fav_1' WHERE fund_account_id = %s",
            [state, added.pk],
        )
        cursor.execute("SET LOCAL session_replication_role = origin")

    page = text(client, "/app/withdraw")

    assert says in page
    assert "We check that it is yours" not in page
    assert "Add a UPI address" in page


def test_every_state_of_a_withdrawal_and_every_movement_of_a_rider_has_words() -> None:
    assert set(wallet.STATES) == {state.value for state in State}
    assert {state.value for state in CANCELLABLE} == wallet.CANCELLABLE
    assert set(wallet.KINDS) <= set(WORDINGS)
    assert PseudonymTaken.code in API_REFUSALS


def test_messages_are_read_when_they_were_shown(rider: User, client: Client) -> None:
    make_message(rider.pk, body="150 rupees are in your wallet.")
    assert 'badge good">1</span>' in text(client, "/app/me")

    first, again = text(client, "/app/inbox"), text(client, "/app/inbox")

    assert "150 rupees are in your wallet." in first
    assert 'badge good">New' in first
    assert 'badge good">New' not in again
    assert 'badge good">1</span>' not in text(client, "/app/me")


def test_messages_are_read_to_the_end_and_each_once(rider: User, client: Client) -> None:
    for number in range(23):
        make_message(rider.pk, key=f"k{number}", body=f"Message {number:02}.")
    first = text(client, "/app/inbox")
    more = re.search(r'hx-get="(/app/inbox/messages\?before=[^"]+)"', first)
    assert more is not None

    seen = re.findall(r"Message (\d\d)\.", first + text(client, more[1].replace("&amp;", "&")))

    assert sorted(seen) == [f"{number:02}" for number in range(23)]


def test_a_strike_can_be_appealed_against_while_there_is_time(rider: User, client: Client) -> None:
    now = timezone.now()
    make_strike(rider.pk, now=now)
    assert "Appeal, until" in text(client, "/app/strikes")
    assert "1 / 3" in text(client, "/app/me")
    kinds = re.findall(r'<option value="(\w+)">', text(client, "/app/strikes"))
    assert tuple(kinds) == EVIDENCE_KINDS

    other = make_rider("late")
    make_strike(other.pk, now=now - timedelta(days=20))
    assert "Appeal, until" not in text(signed_in(other.pk, role="rider"), "/app/strikes")


def test_an_appeal_that_is_read_is_not_asked_for_again(rider: User, client: Client) -> None:
    make_appeal(rider.pk, now=timezone.now())

    page = text(client, "/app/strikes")

    assert "Your appeal is being read" in page
    assert "Appeal, until" not in page


def test_missions_show_stories_how_far_one_is_and_the_weeks_in_a_row(
    rider: User, client: Client
) -> None:
    make_shop(now=timezone.now())
    make_mission(now=timezone.now(), reward_paise=25_00)

    make_visit(rider.pk, at=timezone.now())

    page = text(client, "/app/missions")

    assert "1 week in a row" in page
    assert '<progress max="3" value="1" aria-label="Coffee Hopper">' in page
    assert "1 / 3" in page
    assert "It is near." in page
    assert "Any café" in page
    assert "₹25" in page
    assert "I am in" in page
    assert 'role="img" aria-label="0 / 1"' in page
    assert "First Timer" in page
    client.cookies["uma_language"] = "kn"
    page = text(client, "/app/missions")
    assert "ಸತತ 1 ವಾರ" in page
    assert "ಮೊದಲ ಬಾರಿ" in page


def test_what_a_rider_agreed_to_is_shown_and_what_must_be_cannot_be_taken_back(
    client: Client,
) -> None:
    page = text(client, "/app/privacy")

    assert page.count("No. Tap to agree") == 3
    assert page.count("Always") == 1


def test_a_fresh_code_is_asked_for_although_one_is_signed_in(client: Client) -> None:
    page = client.get("/app/sign-in", {"fresh": "1", "next": "/app/withdraw"})

    assert page.status_code == 200
    assert 'data-next="/app/withdraw"' in page.content.decode()


def test_what_a_rider_wants_to_be_pushed_is_kept_and_shown(rider: User, client: Client) -> None:
    page = text(client, "/app/notifications")
    assert page.count(" checked") == len(own.PUSHES) + 1
    assert "No phone with the app of UMA is signed in." in page

    everything = dict.fromkeys(own.PUSHES, "1")
    del everything["badge"]
    answer = client.post(
        "/app/notifications", {**everything, "night": "1", "begins": "23:30", "ends": "07:00"}
    )

    assert (answer.status_code, answer["Location"]) == (303, "/app/notifications?saved=1")
    wished = notifications.wishes(person_ids=[rider.pk])[rider.pk]
    assert wished == notifications.Wishes(frozenset({"badge"}), Night(time(23, 30), time(7)))
    page = text(client, answer["Location"])
    assert "Kept." in page
    assert re.search(r'name="badge" value="1"><span>', page)
    assert 'value="23:30"' in page


def test_a_night_that_cannot_be_read_changes_nothing_and_none_is_none(
    rider: User, client: Client
) -> None:
    for begins in ("", "25:00", "<script>"):
        answer = client.post(
            "/app/notifications", {"night": "1", "begins": begins, "ends": "08:00"}
        )
        assert answer.status_code == 422
    assert notifications.wishes(person_ids=[rider.pk])[rider.pk] == notifications.Wishes()

    client.post("/app/notifications", {"ride": "1", "begins": "23:30", "ends": "07:00"})

    wished = notifications.wishes(person_ids=[rider.pk])[rider.pk]
    assert not wished.night.holds(time(3))
    assert wished.muted == frozenset(own.PUSHES) - {"ride"}


def test_everything_that_is_said_to_riders_can_be_chosen() -> None:
    kinds = set()
    for path in (ROOT / "apps").rglob("*.py"):
        for call in re.findall(r"\.notify\(.*?\n {4,8}\)", path.read_text(), re.DOTALL):
            kinds |= set(re.findall(r'kind=f?"([a-z_]+)', call))

    # To those who run a business, and what nobody switches off.
    others = {"money", "merchant", "operator", "security"}
    assert kinds - others <= set(own.PUSHES)
    assert {"handshake", "ride", "reminder", "payout"} <= kinds


def test_a_check_in_code_is_the_riders_and_of_this_moment(rider: User, settings: Settings) -> None:
    client = signed_in(rider.pk, role="rider")
    keys = qr.keyring(settings.QR_MASTER_KEYS)

    for path in ("/app/check-in", "/app/check-in/code"):
        page = client.get(path).content.decode()
        found = re.search(r'data-text="(UMAC1[^"]+)"><path d="([^"]+)"', page)
        assert found is not None
        assert cards.person_of(found[1], keys=keys, now=timezone.now()) == rider.pk
        assert squares(found[1]).path == found[2]
