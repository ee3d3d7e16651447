"""A generated year of everything that merchants are sold: its documents are the ledger, to the paisa."""

from collections import Counter
from datetime import date, timedelta
from random import Random
from uuid import UUID

import pytest
from django.db import connection

from apps.merchants.models import Merchant
from apps.payments import selectors, services
from apps.payments.models import Document
from apps.wallet import codes
from tests.factories import balance, make_rider
from tests.payments.test_invoices import APRIL, DAY, LONG_AGO, month, over
from tests.payments.trading import (
    CPT_PAISE,
    MAHARASHTRA,
    Market,
    Sale,
    make_buyer,
    make_seller,
)
from uma.kernel.zones import month_after, month_span

pytestmark = pytest.mark.django_db


def trade(
    market: Market,
    random: Random,
    buyers: list[Merchant],
    rider: UUID,
    past: list[Sale],
    which: date,
) -> None:
    """A month of everything: visits, boosts, plans, and returns of this month's and of earlier ones."""
    since, until = month_span(which, "Asia/Kolkata")
    minutes = int((until - since) / timedelta(minutes=1))
    moments = sorted(since + timedelta(minutes=random.randrange(minutes)) for _ in range(26))
    for at in moments:
        merchant, roll = random.choice(buyers), random.random()
        if roll < 0.6 or not past:
            past.append(
                market.visit(
                    merchant,
                    rider,
                    at=at,
                    fare_paise=random.randrange(0, 150_00),
                    is_new=random.random() < 0.4,
                    cpt_paise=random.choice([CPT_PAISE, 17_03, 1]),
                )
            )
        elif roll < 0.7:
            boost = market.sell("boost", merchant, 500_00, at=at)
            if random.random() < 0.5:
                market.refund(boost, "boost", random.randrange(1, 500_00), at=at)
        elif roll < 0.75:
            market.sell("subscription", merchant, 999_00, at=at)
        else:
            market.reverse(past.pop(random.randrange(len(past))), at=at)


def _know_the_tables() -> None:
    """Let the planner see what grew: what autovacuum does, which sees no row before its commit."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE wallet_account, wallet_journal, wallet_transfer")


@pytest.mark.parametrize("seed", [1, 2])
def test_the_documents_of_a_year_are_the_ledgers_income_and_tax_to_the_paisa(
    seed: int,
) -> None:
    market, past = Market(), list[Sale]()
    random = Random(seed)  # noqa: S311 — a year that can be had again
    make_seller(since=APRIL - 30 * DAY)
    make_seller("BLR", since=APRIL - 30 * DAY, series="BLR")
    buyers = [
        make_buyer("Here", now=APRIL),
        make_buyer("Abroad", state=MAHARASHTRA, now=APRIL),
        make_buyer("In the city", zone="BLR", now=APRIL),
    ]
    rider = make_rider().pk
    year, which = [], month(4)
    for _ in range(12):
        trade(market, random, buyers, rider, past, which)
        _know_the_tables()
        services.issue_due_invoices(now=over(which))
        services.issue_credit_notes(now=over(which), since=LONG_AGO)
        year.append(which)
        which = month_after(which)

    documents = list(Document.objects.all())
    for which in year:
        for zone_code in ("MNP", "BLR"):
            assert selectors.differences(zone_code=zone_code, month=which) == []
        for merchant in buyers:
            assert_agree(market, documents, merchant, which)
    assert sum(signed(document) for document in documents) == sum(
        balance(codes.zone_account(zone, name))
        for zone in ("MNP", "BLR")
        for name in selectors.INCOME_KINDS
    )
    assert {document.kind for document in documents} == {"INVOICE", "CREDIT_NOTE"}
    assert_numbered_without_gap(documents)


def signed(document: Document) -> int:
    return document.total_paise * (-1 if document.kind == "CREDIT_NOTE" else 1)


def assert_agree(
    market: Market, documents: list[Document], merchant: Merchant, which: date
) -> None:
    """The documents of a merchant's month say what the market wrote down when it posted."""
    book = market.books[merchant.pk, which]
    said: Counter[str] = Counter()
    for document in documents:
        if document.merchant_id != merchant.pk or document.month != which:
            continue
        sign = -1 if document.kind == "CREDIT_NOTE" else 1
        for line in document.snapshot["lines"]:
            said[line["kind"]] += sign * line["amount_paise"]
        said["gst_cgst"] += sign * document.cgst_paise
        said["gst_sgst"] += sign * document.sgst_paise
        said["gst_igst"] += sign * document.igst_paise
    assert {name: paise for name, paise in said.items() if paise} == {
        name: paise for name, paise in book.items() if paise
    }


def assert_numbered_without_gap(documents: list[Document]) -> None:
    series: dict[int, list[int]] = {}
    for document in documents:
        series.setdefault(document.series_id, []).append(document.sequence)
    for sequences in series.values():
        assert sorted(sequences) == list(range(1, len(sequences) + 1))
    assert len({document.number for document in documents}) == len(documents)
