"""What operators must be able to do (product rule 1.15), done through the console's own pages, and its trail."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Model, Sum
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from apps.accounts.models import AuditEvent, User
from apps.campaigns.models import Campaign
from apps.exports.models import Export
from apps.gamification.models import Strike
from apps.merchants.models import Zone
from apps.notifications import services as notifications
from apps.notifications.models import InboxMessage, WebhookDelivery
from apps.payments import services as payments
from apps.payments import tasks
from apps.payments.models import Document
from apps.rides.models import Booking
from apps.wallet import codes
from tests.accounts.making import at_the_desk, make_operator
from tests.factories import (
    FUNDS_PAISE,
    MAX_COST_PAISE,
    Shop,
    balance,
    code_of,
    make_booking,
    make_campaign,
    make_rider,
    make_shop,
    make_zone,
)
from tests.gamification.missing import Misser, settle
from tests.handshake.visiting import CAP_PAISE, purses, visit
from tests.payments.paying_out import checked_account
from tests.payments.test_withdrawals_api import REFUNDS, Caller
from tests.payments.trading import make_seller
from tests.rides.calling import Api, problem

pytestmark = pytest.mark.django_db
BECAUSE = "as agreed on the phone, ticket 4711"


@pytest.fixture
def shop() -> Shop:
    return make_shop(now=timezone.now())


@pytest.fixture
def manager() -> User:
    return make_operator("city_manager", "MNP")


@pytest.fixture
def desk(manager: User) -> Client:
    return at_the_desk(manager)


def page_of(row: Model | type[Model], view: str = "changelist", *keys: object) -> str:
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{view}", args=keys)


def act(desk: Client, name: str, *rows: Model, **answers: str) -> str:
    """Do an act with rows of a list as its confirmation page does; return what the page then says."""
    form = {"action": name, "_selected_action": [str(row.pk) for row in rows]}
    answers = {"reason": BECAUSE, "confirmed": "yes"} | answers
    answer = desk.post(page_of(rows[0]), form | answers, follow=True)
    assert answer.status_code == 200
    return str(answer.content.decode())


def trail(action: str, row: Model, actor: User) -> AuditEvent:
    """Return the one act on a row, which says by whom, why and from where."""
    event = AuditEvent.objects.get(action=action, object_id=str(row.pk))
    assert (event.actor_id, event.reason, event.address) == (actor.pk, BECAUSE, "127.0.0.1")
    return event


def scan(shop: Shop, booking: Booking) -> Any:  # Any: Django's test response
    shown = {"qrData": code_of(booking, at=timezone.now())}
    return Api(shop.owner_id, "merchant").post("/handshake/execute", shown)


def book(shop: Shop) -> Any:  # Any: as above
    rider = make_rider(now=timezone.now())
    return Api(rider.pk).post("/rides/book", {"campaignId": str(shop.campaign.pk)})


def test_a_frozen_wallet_refuses_scan_booking_and_withdrawal_until_it_is_let_go(
    shop: Shop, desk: Client, manager: User
) -> None:
    account = checked_account(
        merchant_id=shop.merchant.pk, actor_id=shop.owner_id, holder_name="Café LLP",
        ifsc="HDFC0000123", account_number="123456789012",
    )  # fmt: skip
    booking = make_booking(shop, now=timezone.now())
    body = {"amount": 500, "fundAccountId": str(account.pk)}

    act(desk, "freeze_selected", shop.merchant)

    withdrawal = Caller(shop.owner_id, "merchant").post(REFUNDS, body)
    for refused in (scan(shop, booking), book(shop), withdrawal):
        problem(refused, 409, "wallet_frozen")
    event = trail("merchant.wallet-frozen", shop.merchant, manager)
    assert (event.before, event.after) == ({"frozen": False}, {"frozen": True})

    act(desk, "unfreeze_selected", shop.merchant)

    assert trail("merchant.wallet-unfrozen", shop.merchant, manager).after == {"frozen": False}
    withdrawal = Caller(shop.owner_id, "merchant").post(REFUNDS, body)
    assert [one.status_code for one in (scan(shop, booking), book(shop), withdrawal)] == [
        200, 201, 201,
    ]  # fmt: skip


def test_a_reversed_visit_has_entries_a_credit_note_a_message_and_a_webhook(
    desk: Client, manager: User
) -> None:
    then = timezone.now() - timedelta(days=45)
    make_seller(make_zone("MNP").code, since=then - timedelta(days=1))
    shop = make_shop(now=then)
    visited = visit(shop, now=then)
    month = then.date().replace(day=1)
    payments.bill_month(zone_code="MNP", month=month, now=timezone.now())
    invoice = Document.objects.get(kind="INVOICE")
    notifications.add_endpoint(
        merchant_id=shop.merchant.pk, url="https://pos.example.in/", now=then,
        events=["handshake.reversed"], secret=notifications.new_secret(),
    )  # fmt: skip

    act(desk, "reverse_selected", visited)

    left = purses(visited.merchant_id, visited.rider_id)
    assert (shop.wallet_paise, left.get("rider", 0)) == (FUNDS_PAISE, 0)
    assert tasks.issue_credit_notes() == 1
    note = Document.objects.get(kind="CREDIT_NOTE")
    assert (note.corrects_id, note.total_paise) == (invoice.pk, invoice.total_paise)
    assert WebhookDelivery.objects.get(type="handshake.reversed").state == "PENDING"
    told = InboxMessage.objects.get(person=visited.rider_id, kind="balance.cashback_reversed")
    assert (told.title, told.push_state) == ("₹150 of cashback went back", "PENDING")
    event = trail("handshake.reversed", visited, manager)
    assert event.after == {"full": True, "merchant_credit_paise": MAX_COST_PAISE}


def test_an_overturned_strike_takes_the_ban_with_it(desk: Client, manager: User) -> None:
    begin = timezone.now() - timedelta(days=5)
    misser = Misser(make_shop(seats=500, now=begin), make_rider(now=begin), now=begin)
    for _ in range(3):
        misser.miss()
    assert misser.banned_until is not None
    assert misser.banned_until > timezone.now()
    strike = Strike.objects.order_by("pk")[0]

    act(desk, "overturn_selected", strike)

    assert misser.banned_until is None
    assert misser.active == 2
    event = trail("strike.overturned", strike, manager)
    assert event.after == {"state": "OVERTURNED"}
    assert event.before != event.after


def test_the_bookings_of_a_closed_outlet_are_voided_at_once_and_nobody_is_struck(
    shop: Shop, desk: Client, manager: User
) -> None:
    bookings = [make_booking(shop, now=timezone.now()) for _ in range(3)]
    assert shop.held_paise == 3 * MAX_COST_PAISE

    act(desk, "close_selected", shop.outlet)
    act(desk, "void_selected", *bookings)

    assert (shop.held_paise, shop.wallet_paise) == (0, FUNDS_PAISE)
    for booking in bookings:
        booking.refresh_from_db()
        assert booking.state == "VOIDED"
        trail("booking.voided", booking, manager)
    settle(max(one.expires_at for one in bookings) + timedelta(minutes=1))
    assert not Strike.objects.exists()
    assert trail("outlet.closed", shop.outlet, manager).after == {"status": "CLOSED"}


def test_a_paused_city_sells_nothing_and_honours_what_it_sold(
    shop: Shop, desk: Client, manager: User
) -> None:
    booking, zone = make_booking(shop, now=timezone.now()), Zone.objects.get(code="MNP")

    act(desk, "pause_selected", zone)

    problem(book(shop), 503, "zone_paused")
    assert scan(shop, booking).status_code == 200
    event = trail("zone.paused", zone, manager)
    assert event.before != event.after
    act(desk, "resume_selected", zone)
    assert book(shop).status_code == 201


@pytest.mark.parametrize(
    ("name", "action", "state"),
    [
        ("approve_selected", "campaign.approved", "ACTIVE"),
        ("reject_selected", "campaign.rejected", "DRAFT"),
    ],
)
def test_a_campaign_is_judged_with_its_changes_beside_it(
    shop: Shop, desk: Client, manager: User, name: str, action: str, state: str
) -> None:
    # Above what goes on sale without a look.
    campaign = make_campaign(shop.merchant, cap_paise=600_00, now=timezone.now())
    assert campaign.state == "IN_REVIEW"

    asked = desk.post(
        page_of(campaign), {"action": name, "_selected_action": [str(campaign.pk)]}
    ).content.decode()
    assert "<li>cap: <del>—</del> <ins>₹600.00</ins></li>" in asked
    act(desk, name, campaign)

    assert Campaign.objects.get(pk=campaign.pk).state == state
    event = trail(action, campaign, manager)
    assert event.before != event.after


def test_live_codes_are_scanned_after_the_key_that_makes_them_was_rotated(
    shop: Shop, settings: Settings
) -> None:
    old = make_booking(shop, now=timezone.now())
    text = code_of(old, at=timezone.now())
    assert old.qr_kid == "A1"

    settings.QR_MASTER_KEYS = f"B2:{'22' * 32},{settings.QR_MASTER_KEYS}"

    new = Booking.objects.get(pk=book(shop).json()["ride"]["id"])
    assert new.qr_kid == "B2"
    staff = Api(shop.owner_id, "merchant")
    assert staff.post("/handshake/execute", {"qrData": text}).status_code == 200
    assert scan(shop, new).status_code == 200


def test_who_rotates_the_key_puts_it_on_the_trail_by_name(
    manager: User, settings: Settings
) -> None:
    with pytest.raises(CommandError, match="noted last were none"):
        call_command("note_qr_keys")
    for by, reason in (
        ("nobody", "x"),
        (manager.username, " "),
        (make_rider("asha").username, "x"),
    ):
        with pytest.raises(CommandError):
            call_command("note_qr_keys", by=by, reason=reason)
    for keys in (settings.QR_MASTER_KEYS, f"B2:{'22' * 32},{settings.QR_MASTER_KEYS}"):
        settings.QR_MASTER_KEYS = keys
        for _ in range(2):
            call_command("note_qr_keys", by=manager.username, reason="each year")
        call_command("note_qr_keys")

    first, then = AuditEvent.objects.filter(action="qr-keys.changed").order_by("at")
    assert (first.after, then.before) == ({"kids": "A1"}, {"kids": "A1"})
    assert (then.after, then.actor_id, then.reason) == ({"kids": "B2, A1"}, manager.pk, "each year")


def test_a_narrowed_list_is_asked_for_as_a_file_which_the_trail_tells() -> None:
    make_zone("MNP")
    analyst = make_operator("analyst", "MNP")
    desk = at_the_desk(analyst)
    offered = desk.get(page_of(Booking), {"state__exact": "BOOKED"}).context["take_away"]

    desk.post(offered, {"dataset": "bookings", "zone": "MNP"})

    export = Export.objects.get()
    assert (export.filters, export.state) == ({"state__exact": "BOOKED"}, "WAITING")
    event = AuditEvent.objects.get(action="export.requested", object_id=str(export.pk))
    assert (event.actor_id, event.address) == (analyst.pk, "127.0.0.1")


def test_another_citys_object_is_404_on_every_page_of_it(shop: Shop) -> None:
    visited = visit(shop, now=timezone.now())
    desk = at_the_desk(make_operator("city_manager", "BLR"))

    for row in (shop.merchant, shop.outlet, shop.campaign, visited):
        for view in ("change", "history"):
            answer = desk.get(page_of(row, view, row.pk))
            assert answer.status_code == 404, (row, view)
            assert shop.merchant.brand not in answer.content.decode()


def test_what_stands_behind_the_homes_numbers_is_what_the_ledger_has(
    shop: Shop, desk: Client
) -> None:
    for _ in range(2):
        make_booking(shop, now=timezone.now())
    visits = [visit(shop, now=timezone.now()) for _ in range(3)]
    tiles = {
        tile.title: tile for group in desk.get("/admin/").context["groups"] for tile in group.tiles
    }

    def behind(title: str, column: str) -> int:
        rows = desk.get(tiles[title].href).context["cl"].queryset
        assert tiles[title].number == f"{rows.count():,}"
        total: int = rows.aggregate(paise=Sum(column))["paise"]
        return total

    held = behind("Holds of booked deals", "amount_paise")
    assert held == balance(codes.merchant_held(shop.merchant.pk)) == 2 * MAX_COST_PAISE
    given = behind("Visits settled", "reimbursement_paise")
    assert given == sum(balance(codes.rider_wallet(one.rider_id)) for one in visits)
    fees = sum(
        balance(codes.zone_account("MNP", name))
        for name in ("cpt", "cpa", "gst_cgst", "gst_sgst", "gst_igst")
    )
    assert behind("Visits settled", "merchant_debit_paise") == given + fees
    assert given == len(visits) * CAP_PAISE
