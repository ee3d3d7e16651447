"""What merchants and riders read about their money: purses, typed lines, statements that add up."""

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import pairwise
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.handshake import reversals
from apps.merchants import services as merchants
from apps.merchants.models import Merchant, Staff
from apps.merchants.selectors import pseudonym
from apps.payments import selectors
from apps.payments.selectors import accounts
from apps.wallet import codes
from apps.wallet import selectors as ledger
from apps.wallet.models import PostingRule
from apps.wallet.services import Leg, post
from tests.factories import Shop, make_booking, make_rider, make_shop, make_staff
from tests.handshake.visiting import visit
from tests.merchants.making import make_merchant
from tests.payments.trading import Market, make_buyer, make_paid_top_up
from tests.rides.calling import Api, problem
from uma.kernel.ids import new_id

pytestmark = pytest.mark.django_db
APRIL = datetime(2026, 4, 1, 6, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def shop(now: datetime) -> Shop:
    return make_shop(now=now, funds_paise=5_000_00)


@pytest.fixture
def owner(shop: Shop) -> Api:
    return Api(shop.owner_id, "merchant")


def test_every_kind_of_journal_has_its_words() -> None:
    kinds = set(PostingRule.objects.values_list("journal_kind", flat=True))

    assert kinds == set(ledger.WORDINGS)
    assert all(ledger.WORDINGS.values())


def test_the_wallet_tells_what_is_there_what_is_held_and_what_was_added_last(
    shop: Shop, owner: Api, now: datetime
) -> None:
    top_up = make_paid_top_up(shop.merchant, now=now, amount_paise=500_00)
    visit(shop, make_rider(now=now), now=now)
    make_booking(shop, make_rider(now=now), now=now)

    told = owner.get("/merchant/wallet").json()

    added = told.pop("lastTopUp")
    assert (added["id"], added["amount"]) == (str(top_up), 500)
    assert told == {
        "available": 5000 + 500 - 2 * 232.6,
        "held": 232.6,
        "released": 0,
        "refunding": 0,
        "owed": 0,
        "currency": "INR",
        "frozen": False,
        "lowBalance": False,
        "lowBalanceBelow": 1000,
    }


def test_a_low_and_a_frozen_wallet_say_so(now: datetime) -> None:
    merchant = make_merchant(funds_paise=999_99, now=now)
    owner = Api(make_staff(merchant, Staff.Role.OWNER), "merchant")
    merchants.freeze_wallet(merchant_id=merchant.pk, actor_id=None, reason="x", now=now)

    told = owner.get("/merchant/wallet").json()

    assert (told["lowBalance"], told["frozen"], told["lastTopUp"]) == (True, True, None)


def test_the_unused_part_of_a_visit_is_released_until_it_is_swept(
    shop: Shop, owner: Api, now: datetime
) -> None:
    rider = make_rider(now=now)
    visit(shop, rider, now=now)
    visit(shop, rider, now=now)

    # The second visit of the same person: no fee for a new customer, 50 and its tax are left.
    assert owner.get("/merchant/wallet").json()["released"] == 59


def test_movements_are_typed_in_pages_and_each_begins_where_the_older_one_ended(
    shop: Shop, owner: Api, now: datetime
) -> None:
    rider = make_rider(now=now)
    settled = visit(shop, rider, now=now)
    reversals.reverse(
        handshake_id=settled.pk, merchant_id=shop.merchant.pk, actor_id=shop.owner_id,
        amount_paise=None, reason="wrong table", key=None, now=now,
    )  # fmt: skip

    first = owner.get("/merchant/transactions?limit=4")
    following = first["Link"].partition("<")[2].partition(">")[0].partition("/api")[2]
    lines = first.json() + owner.get(following).json()

    assert [(line["type"], line["part"], line["amount"]) for line in lines] == [
        ("handshake_reversal", "gst", 6.3),
        ("handshake_reversal", "gst", 6.3),
        ("handshake_reversal", "cpa", 50),
        ("handshake_reversal", "cpt", 20),
        ("handshake_reversal", "reimbursement", 150),
        ("hold", None, -232.6),
        ("topup", None, 5000),
    ]
    for newer, older in pairwise(lines):
        assert round(newer["balance"] - newer["amount"], 2) == older["balance"]
    guest = lines[4]["counterpart"]
    assert guest["name"] == pseudonym(merchant_id=shop.merchant.pk, rider_id=rider.pk)
    assert str(rider.pk) not in first.content.decode()
    assert (lines[5]["title"], lines[5]["bookingId"]) == (
        "Set aside for a booking", str(settled.booking_id),
    )  # fmt: skip


def test_movements_are_narrowed_by_kind_and_period(now: datetime) -> None:
    merchant = make_buyer(now=APRIL)
    market, rider = Market(), make_rider()
    for days in range(3):
        market.visit(merchant, rider.pk, at=APRIL + days * 24 * HOUR)
    market.sell("boost", merchant, 500_00, at=APRIL + 24 * HOUR)
    owner = Api(make_staff(merchant, Staff.Role.OWNER), "merchant")

    def kinds(query: str) -> list[str]:
        return [line["type"] for line in owner.get(f"/merchant/transactions?{query}").json()]

    assert kinds("kind=topup") == ["topup"]
    assert kinds("kind=boost&kind=topup") == ["boost", "boost", "boost", "topup"]
    assert kinds("from=2026-04-02&until=2026-04-03") == ["boost", "boost", "boost", "hold"]
    assert kinds("from=2026-04-03T06:30:00Z") == ["hold"]
    assert kinds("until=2026-04-01T06:30:00Z") == []
    assert now > APRIL


@pytest.mark.parametrize(
    "query",
    [
        "kind=gift",
        "from=yesterday",
        "from=2026-13-01",
        "from=2026-04-01T00:00:00",
        "from=2026-04-02&until=2026-04-01",
        "until=0001-01-01",
    ],
)
def test_a_question_that_makes_no_sense_is_refused(owner: Api, query: str) -> None:
    problem(owner.get(f"/merchant/transactions?{query}"), 400, "invalid_parameter")


@pytest.mark.parametrize("query", ["", "from=2026-04-01", "from=2026-04-01&until=2026-07-03"])
def test_a_statement_has_two_ends_and_a_quarter_at_most(owner: Api, query: str) -> None:
    problem(owner.get(f"/merchant/statement?{query}"), 400, "invalid_parameter")
    assert owner.get("/merchant/statement?from=2026-04-01&until=2026-07-02").status_code == 200


def test_a_statement_of_too_many_lines_asks_for_a_shorter_period(
    shop: Shop, owner: Api, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        make_paid_top_up(shop.merchant, now=now)
    day = f"from={now - 24 * HOUR:%Y-%m-%d}&until={now + 48 * HOUR:%Y-%m-%d}"
    monkeypatch.setattr(accounts, "MOST_LINES", 2)

    problem(owner.get(f"/merchant/statement?{day}"), 422, "statement_too_long")

    monkeypatch.setattr(accounts, "MOST_LINES", 3)
    assert len(owner.get(f"/merchant/statement?{day}").json()["lines"]) == 3


def test_a_statement_is_a_table_that_a_spreadsheet_adds_up() -> None:
    merchant = make_buyer(now=APRIL)
    market, rider = Market(), make_rider()
    sale = market.visit(merchant, rider.pk, at=APRIL, fare_paise=132_05)
    market.reverse(sale, at=APRIL + HOUR)
    owner = Api(make_staff(merchant, Staff.Role.OWNER), "merchant")
    period = "from=2026-04-01T06:30:00Z&until=2026-04-02"

    told = owner.get(f"/merchant/statement?{period}").json()
    table = owner.get(f"/merchant/statement?{period}", Accept="text/csv")

    assert table["Content-Type"] == "text/csv; charset=utf-8"
    assert table["Content-Disposition"] == (
        'attachment; filename="statement-20260401-20260401.csv"'
    )
    rows = list(csv.reader(StringIO(table.content.decode("utf-8-sig"))))
    assert rows[0][:6] == ["Time", "Type", "What", "Part", "Amount (INR)", "Balance (INR)"]
    opening, *lines, closing = rows[1:]
    assert (opening[1], closing[1]) == ("opening", "closing")
    assert opening[0] == "2026-04-01T12:00:00+05:30"
    assert [row[4] for row in lines] == [f"{line['amount']:.2f}" for line in told["lines"]]
    moved = sum(paise(row[4]) for row in lines)
    assert paise(opening[5]) + moved == paise(closing[5]) == round(told["closing"] * 100)


def paise(text: str) -> int:
    whole, _, rest = text.lstrip("-").partition(".")
    return (int(whole) * 100 + int(rest)) * (-1 if text.startswith("-") else 1)


def test_a_rider_reads_lines_by_the_shops_name_and_a_statement_of_them(
    shop: Shop, now: datetime
) -> None:
    rider = make_rider(now=now)
    settled = visit(shop, rider, now=now)
    api = Api(rider.pk)
    today = f"from={now - 24 * HOUR:%Y-%m-%d}&until={now + 48 * HOUR:%Y-%m-%d}"

    (line,) = api.get("/user/transactions?kind=handshake").json()
    told = api.get(f"/user/statement?{today}").json()

    assert (line["type"], line["title"], line["part"]) == ("handshake", "Verified visit", None)
    assert (line["amount"], line["balance"]) == (150, 150)
    assert line["counterpart"] == {"id": str(shop.merchant.pk), "name": shop.merchant.brand}
    assert line["bookingId"] == str(settled.booking_id)
    assert (told["opening"], told["lines"], told["closing"]) == (0, [line], 150)
    assert api.get(f"/user/statement?{today}", Accept="text/csv").status_code == 200


def test_somebody_who_never_had_money_has_an_empty_statement(now: datetime) -> None:
    rider = make_rider(now=now)

    told = Api(rider.pk).get("/user/statement?from=2026-04-01&until=2026-05-01").json()

    assert (told["opening"], told["lines"], told["closing"]) == (0, [], 0)


# Which move, how much of what is there in percent, and when: late events too, out of their order.
MOVES = st.lists(
    st.tuples(
        st.sampled_from(["topup", "boost", "subscription", "refund", "hold"]),
        st.integers(1, 60),
        st.integers(-3, 30),
    ),
    max_size=8,
)
CUTS = st.lists(st.integers(-5, 35), min_size=2, max_size=5, unique=True)


def move(merchant: Merchant, kind: str, percent: int, at: datetime) -> None:
    purse, zone = codes.merchant_wallet(merchant.pk), merchant.zone_id
    amount_paise = max(ledger.balance_paise(code=purse) * percent // 100, 1)
    to = {
        "boost": codes.zone_account(zone, "boost"),
        "subscription": codes.zone_account(zone, "subscription"),
        "refund": codes.merchant_refunding(merchant.pk),
        "hold": codes.merchant_held(merchant.pk),
    }
    leg = (
        Leg(codes.zone_account(zone, "bank_nodal"), purse, amount_paise)
        if kind == "topup"
        else Leg(purse, to[kind], amount_paise)
    )
    facts: dict[str, Any] = {"hold_id": new_id()} if kind == "hold" else {}  # Any: as `post` takes
    post(
        kind=kind,
        reference=f"{kind}:{new_id()}",
        legs=[leg],
        zone_code=zone,
        event_at=at,
        actor_id=None,
        **facts,
    )


# The ledger's own property is tried more often (tests/wallet); this one is about what lies above it.
@settings(max_examples=max(12, settings().max_examples // 6))
@given(moves=MOVES, cuts=CUTS)
def test_however_a_period_is_cut_opening_and_lines_make_the_closing(
    moves: list[tuple[str, int, int]], cuts: list[int]
) -> None:
    merchant = make_merchant(funds_paise=1_000_00, now=APRIL)
    for kind, percent, hour in moves:
        move(merchant, kind, percent, APRIL + hour * HOUR)

    def told(since: int, until: int) -> selectors.AccountStatement:
        return selectors.merchant_statement(
            merchant_id=merchant.pk, since=APRIL + since * HOUR, until=APRIL + until * HOUR
        )

    cuts = sorted(cuts)
    parts, whole = [told(*ends) for ends in pairwise(cuts)], told(cuts[0], cuts[-1])

    for statement in [*parts, whole]:
        balance = statement.opening_paise
        for found in statement.lines:
            balance += found.line.delta_paise
            assert found.line.balance_after_paise == balance
        assert balance == statement.closing_paise
    for one, following in pairwise(parts):
        assert one.closing_paise == following.opening_paise
    assert (parts[0].opening_paise, parts[-1].closing_paise) == (
        whole.opening_paise, whole.closing_paise,
    )  # fmt: skip
    assert [found.line for part in parts for found in part.lines] == [
        found.line for found in whole.lines
    ]
    assert told(-1000, 1000).closing_paise == ledger.balance_paise(
        code=codes.merchant_wallet(merchant.pk)
    )
