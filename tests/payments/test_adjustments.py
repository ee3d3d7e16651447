"""Adjustments at the desk: who may give how much alone, and what needs a second operator."""

import re
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.errors import UnknownPerson
from apps.accounts.models import AuditEvent, User
from apps.merchants.errors import UnknownMerchant
from apps.notifications.models import InboxMessage
from apps.payments import personal_data, services, tasks
from apps.payments.errors import (
    AdjustmentNotOpen,
    AdjustmentNotPossible,
    DeskReasonRequired,
    OwnPayout,
    SelfApproval,
)
from apps.payments.models import Adjustment
from apps.wallet import codes
from apps.wallet.errors import InsufficientFunds
from tests.accounts.making import at_the_desk, confirmed, make_operator
from tests.factories import FUNDS_PAISE, NOON, balance, make_rider, make_shop
from tests.payments.paying_out import give
from tests.payments.test_payout_books import behind_the_guards, found
from uma.celery import BEAT
from uma.kernel.ids import new_id

pytestmark = pytest.mark.django_db
LIST, PROPOSE = (reverse(f"admin:payments_adjustment_{name}") for name in ("changelist", "propose"))
GOODWILL = codes.zone_account("MNP", "goodwill")
State = Adjustment.State


@pytest.fixture
def rider() -> User:
    make_shop()
    return make_rider()


@pytest.fixture
def maker() -> User:
    return make_operator("finance", "MNP")


@pytest.fixture
def checker() -> User:
    return make_operator("finance", "MNP")


def propose(client: Client, key: UUID, rupees: str, **more: str) -> Any:  # Any: a response
    form = {"whose": "person", "key": str(key), "direction": "GIVE", "amount": rupees}
    form["proposal"] = str(new_id())
    form |= {"reason": "waited an hour"} | more
    return client.post(PROPOSE, confirmed(form), follow=True)


def decide(client: Client, row: Adjustment, act: str = "approve") -> Any:  # Any: a response
    form = {"action": f"{act}_selected", "_selected_action": [str(row.pk)]}
    return client.post(LIST, form | {"confirmed": "yes", "reason": "seen it"}, follow=True)


def proposed(rider: User, **more: Any) -> Adjustment:  # Any: the service's arguments
    facts: dict[str, Any] = {  # Any: as above
        "adjustment_id": new_id(), "person_id": rider.pk, "merchant_id": None, "gives": True,
        "amount_paise": 600_00,
        "actor_id": uuid4(), "within": None, "reason": "waited an hour", "now": timezone.now(),
    }  # fmt: skip
    return services.propose_adjustment(**facts | more)


def in_wallet(rider: User) -> int:
    return balance(codes.rider_wallet(rider.pk))


def last_act() -> AuditEvent:
    event = AuditEvent.objects.filter(object_type="adjustment").order_by("-pk").first()
    assert event is not None
    return event


def test_six_hundred_rupees_move_when_a_second_operator_agrees(
    rider: User, maker: User, checker: User
) -> None:
    page = propose(at_the_desk(maker), rider.pk, "600")
    row = Adjustment.objects.get()
    assert (row.state, row.amount_paise, in_wallet(rider)) == (State.PROPOSED, 600_00, 0)
    assert "waits for a second operator" in page.content.decode()
    event = last_act()
    assert (event.action, event.actor_id, event.reason, event.address) == (
        "adjustment.proposed", maker.pk, "waited an hour", "127.0.0.1",
    )  # fmt: skip

    said = decide(at_the_desk(checker), row).content.decode()
    assert f"{row.pk}: done, ₹600.00 to the wallet" in said

    row.refresh_from_db()
    assert (row.state, row.decided_by, row.decided_because) == (State.BOOKED, checker.pk, "seen it")
    assert (in_wallet(rider), balance(GOODWILL)) == (600_00, 600_00)
    event = last_act()
    assert (event.action, event.actor_id, event.reason) == (
        "adjustment.approved", checker.pk, "seen it",
    )  # fmt: skip
    assert event.before == {"state": "PROPOSED"}
    assert event.after is not None
    assert event.after["state"] == "BOOKED"
    assert InboxMessage.objects.get(person=rider).title == "₹600 for you"


def test_a_form_that_is_sent_twice_moves_the_money_once(rider: User, maker: User) -> None:
    client = at_the_desk(maker)
    page = client.get(PROPOSE).content.decode()
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]+)"', page))

    first, again = (propose(client, rider.pk, "300", **hidden) for _ in range(2))

    row = Adjustment.objects.get()
    assert (row.state, in_wallet(rider), balance(GOODWILL)) == (State.BOOKED, 300_00, 300_00)
    assert first.redirect_chain == again.redirect_chain
    assert AuditEvent.objects.filter(object_type="adjustment").count() == 1

    # Back in the browser and another amount, or another wallet: not the same wish any more.
    for changed in (
        propose(client, rider.pk, "200", **hidden),
        propose(client, make_rider().pk, "300", **hidden),
        propose(at_the_desk(make_operator("finance", "MNP")), rider.pk, "300", **hidden),
    ):
        assert "This form was sent before" in changed.content.decode()
    assert (Adjustment.objects.count(), in_wallet(rider)) == (1, 300_00)
    assert hidden.keys() >= {"proposal"}
    assert hidden["proposal"] not in client.get(PROPOSE).content.decode()


@pytest.mark.parametrize("act", ["approve", "refuse"])
def test_nobody_decides_about_what_they_proposed(rider: User, maker: User, act: str) -> None:
    client = at_the_desk(maker)
    propose(client, rider.pk, "600")
    row = Adjustment.objects.get()

    answer = decide(client, row, act)

    assert answer.status_code == SelfApproval.status == 403
    assert SelfApproval.code in answer.content.decode()
    row.refresh_from_db()
    assert (row.state, in_wallet(rider)) == (State.PROPOSED, 0)
    assert last_act().action == "adjustment.proposed"


def test_what_a_second_operator_refuses_does_not_move(
    rider: User, maker: User, checker: User
) -> None:
    propose(at_the_desk(maker), rider.pk, "600")
    row = Adjustment.objects.get()

    decide(at_the_desk(checker), row, "refuse")
    page = decide(at_the_desk(make_operator("city_manager", "MNP")), row)

    row.refresh_from_db()
    assert (row.state, row.journal_id, in_wallet(rider)) == (State.REFUSED, None, 0)
    assert "waits for nobody" in page.content.decode()
    assert last_act().action == "adjustment.refused"


def test_up_to_five_hundred_rupees_a_day_and_wallet_one_operator_gives_alone(
    rider: User, maker: User, checker: User
) -> None:
    for rupees, booked in (("300", True), ("200", True), ("1", False), ("500.01", False)):
        # Whoever it is: two who give by turns are no way round either.
        propose(at_the_desk(maker if rupees == "300" else checker), rider.pk, rupees)
        assert (Adjustment.objects.latest("pk").state == State.BOOKED) is booked, rupees
    assert in_wallet(rider) == 500_00
    assert AuditEvent.objects.filter(action="adjustment.given").count() == 2

    other = make_rider()
    propose(at_the_desk(maker), other.pk, "500")
    assert in_wallet(other) == 500_00
    tomorrow = timezone.now() + timedelta(days=1, minutes=1)
    assert proposed(rider, amount_paise=500_00, now=tomorrow).state == State.BOOKED


def test_taking_needs_a_second_operator_at_any_amount_and_takes_no_more_than_there_is(
    rider: User,
) -> None:
    give(rider, 100_00, now=NOON)
    row = proposed(rider, gives=False, amount_paise=40_00)
    assert (row.state, in_wallet(rider)) == (State.PROPOSED, 100_00)
    more = proposed(rider, gives=False, amount_paise=60_01)

    for each in (row, more):
        act = {"adjustment_id": each.pk, "actor_id": uuid4(), "reason": "x", "now": timezone.now()}
        if each is row:
            services.approve_adjustment(**act)  # type: ignore[arg-type]
        else:
            with pytest.raises(InsufficientFunds):
                services.approve_adjustment(**act)  # type: ignore[arg-type]

    assert in_wallet(rider) == 60_00
    more.refresh_from_db()
    assert more.state == State.PROPOSED


def test_a_businesss_wallet_is_adjusted_as_well(maker: User, checker: User) -> None:
    shop = make_shop()
    propose(at_the_desk(maker), shop.merchant.pk, "700", whose="merchant")
    row = Adjustment.objects.get()
    decide(at_the_desk(checker), row)

    assert balance(codes.merchant_wallet(shop.merchant.pk)) == FUNDS_PAISE + 700_00


def test_nobody_adjusts_their_own_wallet_or_their_business(rider: User, checker: User) -> None:
    shop = make_shop("Own")
    for whose in (
        {"person_id": rider.pk, "actor_id": rider.pk},
        {"person_id": None, "merchant_id": shop.merchant.pk, "actor_id": shop.owner_id},
    ):
        with pytest.raises(OwnPayout):
            proposed(rider, **whose)
    row = proposed(checker)
    with pytest.raises(OwnPayout):
        services.approve_adjustment(
            adjustment_id=row.pk, actor_id=checker.pk, reason="for me", now=timezone.now()
        )


def test_who_may_act_in_another_city_finds_nobody_here(rider: User, maker: User) -> None:
    elsewhere = at_the_desk(make_operator("finance", "BLR"))
    assert propose(elsewhere, rider.pk, "600").status_code == 200
    assert not Adjustment.objects.exists()
    shop = make_shop("Here")
    with pytest.raises(UnknownPerson):
        proposed(rider, within={"BLR"})
    with pytest.raises(UnknownMerchant):
        proposed(rider, person_id=None, merchant_id=shop.merchant.pk, within={"BLR"})
    assert at_the_desk(make_operator("support", "MNP")).get(PROPOSE).status_code == 403

    propose(at_the_desk(maker), rider.pk, "600")
    row = Adjustment.objects.get()
    decide(elsewhere, row)
    row.refresh_from_db()
    assert row.state == State.PROPOSED


def test_what_nobody_decides_in_a_week_is_over(rider: User) -> None:
    begun = timezone.now()
    row = proposed(rider, now=begun)
    over = begun + timedelta(days=7)

    with pytest.raises(AdjustmentNotOpen):
        services.approve_adjustment(adjustment_id=row.pk, actor_id=uuid4(), reason="late", now=over)
    assert services.expire_adjustments(now=over - timedelta(seconds=1)) == 0
    assert services.expire_adjustments(now=over) == 1
    assert services.expire_adjustments(now=over) == 0

    row.refresh_from_db()
    assert (row.state, row.decided_by, in_wallet(rider)) == (State.EXPIRED, None, 0)
    assert (last_act().action, last_act().actor_id) == ("adjustment.expired", None)
    assert "apps.payments.tasks.expire_adjustments" in BEAT
    assert tasks.expire_adjustments() == 0


def test_what_waits_stands_on_the_consoles_home(rider: User, checker: User) -> None:
    proposed(rider)
    titles = {
        tile.title: tile.number
        for group in at_the_desk(checker).get("/admin/").context["groups"]
        for tile in group.tiles
    }
    assert titles["Adjustments to decide"] == "1"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"amount": "0"}, "greater than or equal to 1"),
        ({"amount": "100000.01"}, "less than or equal to 100000"),
        ({"amount": "1.005"}, "2 decimal places"),
        ({"reason": " "}, "This field is required."),
        ({"key": "asha"}, "valid UUID"),
        ({"key": str(uuid4())}, "person"),
        ({"proposal": ""}, "This field is required."),
    ],
)
def test_what_cannot_be_proposed_is_said_on_the_form(
    rider: User, maker: User, changes: dict[str, str], said: str
) -> None:
    form = {"whose": "person", "key": str(rider.pk), "direction": "GIVE", "amount": "600"}
    form["proposal"] = str(new_id())
    answer = at_the_desk(maker).post(PROPOSE, confirmed(form | {"reason": "waited"} | changes))

    assert (answer.status_code, said in answer.content.decode()) == (200, True)
    assert not Adjustment.objects.exists()


def test_the_service_asks_for_a_reason_and_a_possible_amount(rider: User) -> None:
    with pytest.raises(DeskReasonRequired):
        proposed(rider, reason=" ")
    for paise in (0, 1_00_000_01):
        with pytest.raises(AdjustmentNotPossible):
            proposed(rider, amount_paise=paise)


def test_a_riders_copy_has_what_was_booked_and_not_who_did(rider: User) -> None:
    proposed(rider, amount_paise=20_00)
    proposed(rider)

    said = personal_data.export(person_id=rider.pk)["adjustments"]

    assert isinstance(said, list)
    assert [(one["rupees"], one["direction"]) for one in said] == [(20, "to the wallet")]
    assert "waited" not in str(said)


def test_the_nightly_check_finds_a_row_that_is_not_the_postings(rider: User) -> None:
    row = proposed(rider, amount_paise=20_00)
    assert found() == []

    behind_the_guards("UPDATE payments_adjustment SET amount_paise = 1 WHERE id = %s", row.pk)

    assert found() == [("adjustments and the ledger", f"adjustment:{row.pk}")]


def test_an_adjustment_that_cannot_be_true_is_refused(rider: User) -> None:
    shop = make_shop("Any")
    row = proposed(rider)
    rows = Adjustment.objects.filter(pk=row.pk)
    now = timezone.now()
    done = {"decided_at": now, "decided_because": "x", "journal_id": uuid4()}
    small = proposed(make_rider(), amount_paise=1_00)
    whose = {"zone_code": "MNP", "reason": "x", "proposed_by": uuid4(), "proposed_at": now,
             "expires_at": now + timedelta(days=1), "direction": "GIVE", "amount_paise": 1}  # fmt: skip
    make = Adjustment.objects.create
    for constraint, write in (
        ("of_one_party", lambda: make(**whose)),
        ("of_one_party", lambda: make(**whose, person=rider, merchant=shop.merchant)),
        ("sane", lambda: make(**whose | {"amount_paise": 0}, person=rider)),
        ("sane", lambda: make(**whose | {"amount_paise": 1_00_000_01}, person=rider)),
        ("sane", lambda: make(**whose | {"direction": "LEND"}, person=rider)),
        ("second_operator",
         lambda: rows.update(state="BOOKED", decided_by=row.proposed_by, **done)),
        ("second_operator",
         lambda: rows.update(
             state="REFUSED", decided_by=row.proposed_by, decided_at=now, decided_because="x")),
        ("second_operator",
         lambda: make(**whose | done | {"direction": "TAKE"}, person=rider, state="BOOKED",
                      decided_by=whose["proposed_by"])),
        ("decided_whole",
         lambda: rows.update(state="BOOKED", decided_by=uuid4(), **done | {"journal_id": None})),
        ("decided_whole",
         lambda: rows.update(state="REFUSED", decided_by=uuid4(), decided_at=now)),
        ("decided_whole", lambda: rows.update(state="EXPIRED", decided_at=now)),
        ("booked_once",
         lambda: rows.update(
             state="BOOKED", decided_by=uuid4(), **done | {"journal_id": small.journal_id})),
        ("proposal_stays", lambda: rows.update(amount_paise=1)),
        ("decided_once",
         lambda: Adjustment.objects.filter(pk=small.pk).update(decided_because="y")),
        ("never_deleted", rows.delete),
    ):  # fmt: skip
        refused = f"payments_adjustment_{constraint}"
        with pytest.raises(IntegrityError, match=refused), transaction.atomic():
            write()


def test_a_page_leads_to_the_form_about_whom_it_shows_and_to_what_belongs_to_them(
    rider: User,
) -> None:
    shop, desk = make_shop(), at_the_desk(make_operator("city_manager", "MNP"))
    for whose, key, path in (
        ("person", rider.pk, f"/admin/accounts/user/{rider.pk}/change/"),
        ("merchant", shop.merchant.pk, f"/admin/merchants/merchant/{shop.merchant.pk}/change/"),
    ):
        shown = desk.get(path).content.decode()
        (link,) = re.findall(r'href="([^"]+)">Adjust<', shown)
        form = desk.get(unescape(link)).context["form"]
        assert (form["whose"].value(), form["key"].value()) == (whose, str(key))

        see_also = shown.partition("See also")[2].partition("</div>")[0]
        chief = at_the_desk(make_operator())
        links = [unescape(one) for one in re.findall(r'href="([^"]+)"', see_also)]
        assert len(links) >= 5
        assert {chief.get(one).status_code for one in links if one != unescape(link)} == {200}
