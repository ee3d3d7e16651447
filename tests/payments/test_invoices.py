"""Invoices and credit notes: what they bill, of which month, to the paisa."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from apps.merchants.models import Merchant
from apps.payments import services
from apps.payments.errors import MonthNotOver, SellerUnknown
from apps.payments.models import Document, InvoiceRun
from tests.factories import make_rider
from tests.payments.trading import (
    CPA_PAISE,
    CPT_PAISE,
    MAHARASHTRA,
    Market,
    make_buyer,
    make_seller,
)
from uma.kernel.zones import month_span

pytestmark = pytest.mark.django_db
# Noon in India on the first of April: a financial year begins.
APRIL = datetime(2026, 4, 1, 6, 30, tzinfo=UTC)
DAY = timedelta(days=1)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def month(number: int, year: int = 2026) -> date:
    return date(year, number, 1)


def over(which: date) -> datetime:
    """Return an instant at which the month is over and settled."""
    return month_span(which, "Asia/Kolkata")[1] + timedelta(hours=4)


@pytest.fixture
def market() -> Market:
    make_seller(since=APRIL - 30 * DAY)
    return Market()


@pytest.fixture
def rider_id() -> UUID:
    return make_rider().pk


def bill(which: date, *, now: datetime | None = None) -> list[Document]:
    """Bill a month in Manipal, and whatever was reversed by then."""
    now = now or over(which)
    before = set(Document.objects.values_list("pk", flat=True))
    services.bill_month(zone_code="MNP", month=which, now=now)
    services.issue_credit_notes(now=now, since=LONG_AGO)
    return list(Document.objects.exclude(pk__in=before).order_by("pk"))


def told(document: Document) -> list[tuple[str, int, int]]:
    return [
        (line["title"], line["quantity"], line["rate_paise"]) for line in document.snapshot["lines"]
    ]


def test_a_month_is_visits_and_new_customers_by_their_rates_and_tax_within_the_state(
    market: Market, rider_id: UUID
) -> None:
    merchant = make_buyer(now=APRIL)
    for number in range(5):
        market.visit(merchant, rider_id, at=APRIL + number * DAY, is_new=number < 2)
    market.visit(merchant, rider_id, at=APRIL, cpt_paise=15_00)

    (invoice,) = bill(month(4))

    assert told(invoice) == [
        ("Verified visits", 5, CPT_PAISE),
        ("Verified visits", 1, 15_00),
        ("New customers", 2, CPA_PAISE),
    ]
    assert invoice.taxable_paise == 215_00
    assert (invoice.cgst_paise, invoice.sgst_paise, invoice.igst_paise) == (1935, 1935, 0)
    assert invoice.total_paise == 215_00 + 2 * 1935
    assert [(tax["name"], tax["rate_bps"]) for tax in invoice.snapshot["taxes"]] == [
        ("CGST", 900),
        ("SGST", 900),
    ]
    assert invoice.number == "I/MNP/2627/0001"
    assert invoice.snapshot["words"] == ("Rupees Two Hundred Fifty-Three and Seventy Paise Only")


def test_what_riders_were_reimbursed_stands_apart_from_what_is_taxed(
    market: Market, rider_id: UUID
) -> None:
    merchant = make_buyer(now=APRIL)
    sale = market.visit(merchant, rider_id, at=APRIL, fare_paise=132_00)
    market.visit(merchant, rider_id, at=APRIL, fare_paise=150_00)
    market.return_fare(sale, 32_00, at=APRIL + DAY)

    (invoice,) = bill(month(4))

    assert invoice.taxable_paise == 2 * CPT_PAISE
    assert invoice.pass_through_paise == 250_00
    assert invoice.snapshot["pass_through"] == [
        {"title": "Ride reimbursements paid to riders", "count": 2, "amount_paise": 282_00},
        {"title": "Ride reimbursements returned", "count": 1, "amount_paise": -32_00},
    ]


def test_between_two_states_the_tax_is_integrated_and_the_place_is_the_merchants(
    market: Market, rider_id: UUID
) -> None:
    merchant = make_buyer(state=MAHARASHTRA, now=APRIL)
    market.visit(merchant, rider_id, at=APRIL, is_new=True)

    (invoice,) = bill(month(4))

    assert (invoice.cgst_paise, invoice.sgst_paise, invoice.igst_paise) == (0, 0, 12_60)
    assert invoice.snapshot["place_of_supply"] == {"code": "27", "name": "Maharashtra"}
    assert [(tax["name"], tax["rate_bps"]) for tax in invoice.snapshot["taxes"]] == [("IGST", 1800)]


def test_a_merchant_that_moved_to_another_state_has_an_invoice_for_each_tax(
    market: Market, rider_id: UUID
) -> None:
    merchant = make_buyer(now=APRIL)
    market.visit(merchant, rider_id, at=APRIL)
    Merchant.objects.filter(pk=merchant.pk).update(state_code=MAHARASHTRA)
    merchant.refresh_from_db()
    market.visit(merchant, rider_id, at=APRIL + DAY)

    within, between = bill(month(4))

    assert (within.cgst_paise, within.igst_paise) == (180, 0)
    assert (between.cgst_paise, between.igst_paise) == (0, 360)
    assert within.snapshot["place_of_supply"]["code"] == "29"
    assert between.snapshot["pass_through"] == []
    assert [within.number, between.number] == ["I/MNP/2627/0001", "I/MNP/2627/0002"]


def test_a_reversal_in_the_month_of_the_sale_is_in_its_invoice(
    market: Market, rider_id: UUID
) -> None:
    merchant = make_buyer(now=APRIL)
    market.visit(merchant, rider_id, at=APRIL)
    market.reverse(market.visit(merchant, rider_id, at=APRIL, is_new=True), at=APRIL + DAY)

    (invoice,) = bill(month(4))

    assert told(invoice) == [("Verified visits", 1, CPT_PAISE)]
    assert invoice.total_paise == CPT_PAISE + 360


def test_a_later_reversal_has_a_credit_note_that_names_the_invoice(
    market: Market, rider_id: UUID
) -> None:
    merchant = make_buyer(now=APRIL)
    sale = market.visit(merchant, rider_id, at=APRIL, fare_paise=132_00, is_new=True)
    (invoice,) = bill(month(4))
    journal_id = market.reverse(sale, at=APRIL + 32 * DAY)

    services.issue_credit_notes(now=APRIL + 32 * DAY, since=LONG_AGO)
    services.issue_credit_notes(now=APRIL + 33 * DAY, since=LONG_AGO)

    (note,) = Document.objects.filter(kind="CREDIT_NOTE")
    assert (note.corrects, note.journal_id, note.month) == (invoice, journal_id, month(5))
    assert (note.number, note.total_paise) == ("C/MNP/2627/0001", 82_60)
    assert told(note) == [("Verified visits", 1, CPT_PAISE), ("New customers", 1, CPA_PAISE)]
    assert note.snapshot["pass_through"] == [
        {"title": "Ride reimbursements returned", "count": 1, "amount_paise": -132_00}
    ]
    assert bill(month(5)) == []


def test_a_reversal_waits_for_the_invoice_that_it_corrects(market: Market, rider_id: UUID) -> None:
    merchant = make_buyer(now=APRIL)
    sale = market.visit(merchant, rider_id, at=APRIL)
    market.reverse(sale, at=APRIL + 30 * DAY)

    assert services.issue_credit_notes(now=APRIL + 30 * DAY, since=LONG_AGO) == 0
    invoice, note = bill(month(4))

    assert (invoice.total_paise, note.total_paise) == (23_60, 23_60)
    assert note.corrects == invoice


def test_a_reimbursement_that_comes_back_later_is_no_credit_note(
    market: Market, rider_id: UUID
) -> None:
    merchant = make_buyer(now=APRIL)
    sale = market.visit(merchant, rider_id, at=APRIL)
    market.visit(merchant, rider_id, at=APRIL + 31 * DAY)
    bill(month(4))
    market.return_fare(sale, 50_00, at=APRIL + 31 * DAY)

    (invoice,) = bill(month(5))

    assert (invoice.kind, invoice.pass_through_paise) == ("INVOICE", 150_00 - 50_00)


def test_a_boost_and_a_plan_are_lines_and_their_refunds_too(market: Market) -> None:
    merchant = make_buyer(now=APRIL)
    boost = market.sell("boost", merchant, 500_00, at=APRIL)
    market.refund(boost, "boost", 285_71, at=APRIL + 3 * DAY)
    plan = market.sell("subscription", merchant, 999_00, at=APRIL)

    (invoice,) = bill(month(4))
    market.refund(plan, "subscription", 499_50, at=APRIL + 31 * DAY)
    (note,) = bill(month(5))

    assert told(invoice) == [
        ("Boost in discovery", 1, 500_00),
        ("Boost, unused part returned", 1, -285_71),
        ("Plan", 1, 999_00),
    ]
    assert (invoice.taxable_paise, invoice.cgst_paise) == (1_213_29, 45_00 - 25_71 + 89_91)
    assert told(note) == [("Plan", 1, 499_50)]


def test_a_month_without_a_sale_has_no_invoice(market: Market, rider_id: UUID) -> None:
    merchant = make_buyer(now=APRIL)
    market.reverse(market.visit(merchant, rider_id, at=APRIL), at=APRIL + DAY)
    make_buyer("Asleep", now=APRIL)

    assert bill(month(4)) == []
    assert InvoiceRun.objects.get(month=month(4)).invoices == 0


def test_a_month_is_billed_once_however_often_the_job_runs(market: Market, rider_id: UUID) -> None:
    merchant = make_buyer(now=APRIL)
    market.visit(merchant, rider_id, at=APRIL)

    counts = [services.issue_due_invoices(now=over(month(4)) + hour) for hour in (DAY, 2 * DAY)]
    again = bill(month(4))

    assert (counts, again) == ([1, 0], [])
    assert Document.objects.count() == 1


def test_after_an_outage_the_job_bills_every_month_it_missed(
    market: Market, rider_id: UUID
) -> None:
    merchant = make_buyer(now=APRIL)
    for days in (0, 31, 61):
        market.visit(merchant, rider_id, at=APRIL + days * DAY)

    assert services.issue_due_invoices(now=over(month(6))) == 3

    assert list(Document.objects.order_by("sequence").values_list("month", flat=True)) == [
        month(4),
        month(5),
        month(6),
    ]


@pytest.mark.usefixtures("market")
def test_a_month_that_is_not_over_and_settled_is_not_billed() -> None:
    merchant = make_buyer(now=APRIL)
    _, until = month_span(month(4), "Asia/Kolkata")

    for now in (APRIL, until + timedelta(hours=1)):
        with pytest.raises(MonthNotOver):
            services.issue_invoices(
                merchant_id=merchant.pk, zone_code="MNP", month=month(4), now=now
            )


def test_nobody_is_billed_while_nobody_was_named_as_the_seller(rider_id: UUID) -> None:
    merchant = make_buyer(now=APRIL)
    Market().visit(merchant, rider_id, at=APRIL)

    with pytest.raises(SellerUnknown):
        services.bill_month(zone_code="MNP", month=month(4), now=over(month(4)))

    assert services.issue_due_invoices(now=over(month(4))) == 0
    assert InvoiceRun.objects.count() == 0
    make_seller(since=APRIL)
    assert services.issue_due_invoices(now=over(month(4))) == 1


def test_a_visit_on_the_last_evening_is_that_months_in_the_zone(
    market: Market, rider_id: UUID
) -> None:
    merchant = make_buyer(now=APRIL)
    _, midnight = month_span(month(4), "Asia/Kolkata")
    market.visit(merchant, rider_id, at=midnight - timedelta(seconds=1))
    market.visit(merchant, rider_id, at=midnight)

    (april,), (may,) = bill(month(4)), bill(month(5))

    assert (april.total_paise, may.total_paise) == (23_60, 23_60)


def test_an_issued_invoice_keeps_what_it_says(market: Market, rider_id: UUID) -> None:
    merchant = make_buyer("Old Name", now=APRIL)
    market.visit(merchant, rider_id, at=APRIL)
    (invoice,) = bill(month(4))
    Merchant.objects.filter(pk=merchant.pk).update(legal_name="New Name LLP")
    make_seller(since=APRIL + DAY, series="UDP")

    invoice.refresh_from_db()

    assert invoice.snapshot["buyer"]["legal_name"] == "Old Name Foods LLP"
    assert invoice.number == "I/MNP/2627/0001"


def test_a_financial_year_begins_again_at_one_in_april(market: Market, rider_id: UUID) -> None:
    merchant = make_buyer(now=APRIL)
    for which in (month(1, 2027), month(2, 2027), month(3, 2027)):
        market.visit(merchant, rider_id, at=month_span(which, "Asia/Kolkata")[0] + 3 * DAY)

    numbers = [bill(which)[0].number for which in (month(1, 2027), month(2, 2027), month(3, 2027))]

    # March's invoice is issued on the first of April.
    assert numbers == ["I/MNP/2627/0001", "I/MNP/2627/0002", "I/MNP/2728/0001"]
