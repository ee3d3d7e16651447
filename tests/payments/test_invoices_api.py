"""Invoices and receipts as the business app, the desk and an operator's shell ask for them."""

import re
from datetime import UTC, datetime, timedelta
from io import StringIO
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from apps.accounts.models import AuditEvent
from apps.merchants.models import Merchant, Staff
from apps.payments import printing, services, tasks
from apps.payments.models import Document, InvoiceRun, Seller
from tests.accounts.making import at_the_desk, make_operator
from tests.factories import make_rider, make_staff
from tests.payments.trading import (
    Market,
    Sale,
    gstin,
    make_buyer,
    make_paid_top_up,
    make_seller,
)
from tests.rides.calling import Api, problem
from uma.kernel.zones import month_of

pytestmark = pytest.mark.django_db
INDIA = "Asia/Kolkata"


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def long_ago(now: datetime) -> datetime:
    """A day in the month before the last one, which is over and settled at whatever hour this runs."""
    first = datetime.combine(month_of(now, INDIA), datetime.min.time(), UTC)
    return first - timedelta(days=45)


@pytest.fixture
def merchant(long_ago: datetime) -> Merchant:
    make_seller(since=long_ago)
    merchant = make_buyer(now=long_ago)
    Merchant.objects.filter(pk=merchant.pk).update(gstin=gstin(serial=7))
    return merchant


@pytest.fixture
def sale(merchant: Merchant, long_ago: datetime) -> Sale:
    return Market().visit(merchant, make_rider().pk, at=long_ago, fare_paise=132_00, is_new=True)


@pytest.fixture
def owner(merchant: Merchant) -> Api:
    return Api(make_staff(merchant, Staff.Role.OWNER), "merchant")


@pytest.mark.usefixtures("sale")
def test_the_night_bills_a_month_and_the_merchant_reads_it(
    owner: Api, merchant: Merchant, long_ago: datetime
) -> None:
    assert tasks.issue_invoices() == 1
    assert tasks.issue_invoices() == 0

    (row,) = owner.get("/merchant/invoices").json()
    whole = owner.get(f"/merchant/invoices/{row['id']}").json()

    assert row == {name: whole[name] for name in row}
    assert (row["kind"], row["month"]) == ("invoice", f"{long_ago:%Y-%m}")
    assert (row["taxable"], row["cgst"], row["sgst"], row["igst"]) == (70, 6.3, 6.3, 0)
    assert (row["total"], row["passedOn"], row["corrects"]) == (82.6, 132, None)
    assert whole["lines"] == [
        {"kind": "cpt", "title": "Verified visits", "sac": "998365", "quantity": 1, "rate": 20,
         "amount": 20},
        {"kind": "cpa", "title": "New customers", "sac": "998365", "quantity": 1, "rate": 50,
         "amount": 50},
    ]  # fmt: skip
    assert whole["taxes"] == [
        {"name": "CGST", "rate": 9, "amount": 6.3},
        {"name": "SGST", "rate": 9, "amount": 6.3},
    ]
    assert whole["reimbursements"] == [
        {"title": "Ride reimbursements paid to riders", "count": 1, "amount": 132}
    ]
    assert whole["seller"]["gstin"] == gstin()
    assert whole["buyer"] == {
        "id": str(merchant.pk),
        "legalName": "Corner Café Foods LLP",
        "brand": "Corner Café",
        "address": "1 Main Road",
        "gstin": gstin(serial=7),
        "state": {"code": "29", "name": "Karnataka"},
    }
    assert whole["amountInWords"] == "Rupees Eighty-Two and Sixty Paise Only"
    assert whole["payment"] is None


def test_what_is_taken_back_this_month_has_a_credit_note_minutes_later(
    owner: Api, sale: Sale, now: datetime
) -> None:
    tasks.issue_invoices()
    Market().reverse(sale, at=now)

    assert (tasks.issue_credit_notes(), tasks.issue_credit_notes()) == (1, 0)

    note, invoice = owner.get("/merchant/invoices").json()
    assert (note["kind"], note["total"]) == ("credit_note", 82.6)
    assert note["corrects"] == {"id": invoice["id"], "number": invoice["number"]}
    assert owner.get("/merchant/invoices?kind=credit_note").json() == [note]
    problem(owner.get("/merchant/invoices?kind=bill"), 400, "invalid_parameter")


def test_documents_are_listed_in_pages(owner: Api, merchant: Merchant, now: datetime) -> None:
    ids = [
        str(
            services.issue_receipt(
                merchant_id=merchant.pk, top_up_id=make_paid_top_up(merchant, now=now), now=now
            ).document.pk
        )
        for _ in range(3)
    ]

    first = owner.get("/merchant/invoices?limit=2")
    following = first["Link"].partition("<")[2].partition(">")[0].partition("/api")[2]

    assert [row["id"] for row in first.json()] == ids[:0:-1]
    assert [row["id"] for row in owner.get(following).json()] == ids[:1]


def test_a_receipt_is_issued_once_for_a_paid_top_up(
    owner: Api, merchant: Merchant, now: datetime
) -> None:
    paid = make_paid_top_up(merchant, now=now, amount_paise=5_000_00)
    unpaid = services.begin_top_up(
        merchant_id=merchant.pk, amount_paise=500_00, actor_id=uuid4(), key=None, now=now
    ).top_up.pk

    first = owner.post(f"/merchant/top-ups/{paid}/receipt")
    again = owner.post(f"/merchant/top-ups/{paid}/receipt")

    assert (first.status_code, again.status_code) == (201, 200)
    body = first.json()
    assert body == again.json()
    assert (body["kind"], body["total"], body["taxable"], body["lines"]) == (
        "receipt_voucher", 5000, 0, [],
    )  # fmt: skip
    assert re.fullmatch(r"R/MNP/\d{4}/0001", body["number"])
    assert (body["payment"]["topUpId"], body["payment"]["method"]) == (str(paid), "upi")
    problem(owner.post(f"/merchant/top-ups/{unpaid}/receipt"), 409, "top_up_not_paid")
    problem(owner.post(f"/merchant/top-ups/{uuid4()}/receipt"), 404, "top_up_not_found")


def test_without_a_seller_no_receipt_is_issued(now: datetime) -> None:
    merchant = make_buyer(now=now)
    paid = make_paid_top_up(merchant, now=now)
    owner = Api(make_staff(merchant, Staff.Role.OWNER), "merchant")

    problem(owner.post(f"/merchant/top-ups/{paid}/receipt"), 409, "seller_unknown")


@pytest.fixture
def three_kinds(merchant: Merchant, sale: Sale, now: datetime) -> list[Document]:
    tasks.issue_invoices()
    Market().reverse(sale, at=now)
    tasks.issue_credit_notes()
    top_up_id = make_paid_top_up(merchant, now=now)
    services.issue_receipt(merchant_id=merchant.pk, top_up_id=top_up_id, now=now)
    return list(Document.objects.order_by("kind"))


def test_each_kind_of_document_is_one_page_with_letters_of_its_own(
    owner: Api, three_kinds: list[Document]
) -> None:
    assert [document.kind for document in three_kinds] == [
        "CREDIT_NOTE", "INVOICE", "RECEIPT_VOUCHER",
    ]  # fmt: skip
    for document in three_kinds:
        answer = owner.get(f"/merchant/invoices/{document.pk}/pdf", Accept="application/pdf")

        assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
        name = document.number.replace("/", "-")
        assert answer["Content-Disposition"] == f'attachment; filename="{name}.pdf"'
        assert answer.content.startswith(b"%PDF-")
        assert len(re.findall(rb"/Type /Page\b", answer.content)) == 1
        assert answer.content.count(b"/FontFile2") == 3
        assert answer.content == printing.pdf_of(document)


def test_an_invoice_of_many_lines_goes_on_on_another_page(three_kinds: list[Document]) -> None:
    invoice = three_kinds[1]
    invoice.snapshot["lines"] *= 12

    assert len(re.findall(rb"/Type /Page\b", printing.pdf_of(invoice))) == 2


def test_the_letters_of_a_document_have_the_rupee_sign() -> None:
    printing._register()
    for name in (printing.REGULAR, printing.STRONG, printing.BOLD):
        font = pdfmetrics.getFont(name)
        assert isinstance(font, TTFont)
        assert {ord(sign) for sign in "₹−·é"} <= set(font.face.charToGlyph)  # noqa: RUF001


def test_an_operator_of_the_zone_reads_and_downloads_and_another_does_not(
    three_kinds: list[Document],
) -> None:
    document = three_kinds[0]
    at = f"/admin/payments/document/{document.pk}"

    here = at_the_desk(make_operator("finance", "MNP"))
    assert document.number in here.get("/admin/payments/document/").content.decode()
    assert document.number in here.get(f"{at}/change/").content.decode()
    pdf = here.get(f"{at}/pdf")
    assert (pdf.status_code, pdf.content) == (200, printing.pdf_of(document))
    assert at_the_desk(make_operator("finance", "BLR")).get(f"{at}/pdf").status_code == 404
    assert at_the_desk(make_operator("support", "MNP")).get(f"{at}/pdf").status_code == 404


@pytest.mark.usefixtures("sale")
def test_the_command_bills_a_month_and_says_that_the_ledger_agrees(
    long_ago: datetime, now: datetime
) -> None:
    said = StringIO()

    call_command("issue_invoices", f"--month={long_ago:%Y-%m}", stdout=said)

    assert "1 invoice(s)" in said.getvalue()
    assert "to the paisa" in said.getvalue()
    assert InvoiceRun.objects.filter(month=month_of(long_ago, INDIA)).count() == 1
    with pytest.raises(CommandError, match="not over"):
        call_command("issue_invoices", f"--month={now:%Y-%m}", stdout=StringIO())


@pytest.mark.usefixtures("sale")
def test_the_command_names_a_merchant_whose_documents_are_not_the_ledgers(
    merchant: Merchant, long_ago: datetime
) -> None:
    month = f"{long_ago:%Y-%m}"
    call_command("issue_invoices", f"--month={month}", stdout=StringIO())
    # Dated into a month that was billed: what must not happen is seen.
    Market().visit(merchant, make_rider().pk, at=long_ago)
    wrong = StringIO()

    with pytest.raises(CommandError, match=r"1 merchant\(s\)"):
        call_command("issue_invoices", f"--month={month}", stdout=StringIO(), stderr=wrong)

    assert f"{merchant.pk}: the ledger says 106.2, the documents 82.6" in wrong.getvalue()


def seller_command(**changes: str) -> None:
    facts = {
        "zone": "MNP",
        "legal_name": "UMA Platforms Private Limited",
        "address": "Manipal",
        "gstin": gstin(),
        "series": "MNP",
        "reason": "Registered",
    }
    call_command("set_seller", stdout=StringIO(), **facts | changes)


def test_the_command_names_a_seller_and_leaves_a_trail() -> None:
    make_buyer(now=datetime(2026, 3, 2, tzinfo=UTC))

    seller_command(since="2026-04-01T00:00:00+05:30", subscription_sac="998314")

    seller = Seller.objects.get()
    assert (seller.subscription_sac, seller.advertising_sac) == ("998314", "998365")
    assert AuditEvent.objects.get(action="seller.set").object_id == "MNP"
    with pytest.raises(CommandError, match="already"):
        seller_command(since="2026-04-01T00:00:00+05:30")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"gstin": gstin()[:-1] + "?"}, "digits and capital letters"),
        ({"gstin": gstin("27")}, "another"),
        ({"series": "m"}, "two to four"),
        ({"address": " "}, "names the seller"),
        ({"advertising_sac": "12"}, "99 and four digits"),
        ({"since": "yesterday"}, "an instant"),
        ({"zone": "XX"}, "zone"),
    ],
)
def test_a_seller_that_no_document_can_name_is_refused(changes: dict[str, str], said: str) -> None:
    make_buyer(now=datetime(2026, 3, 2, tzinfo=UTC))

    with pytest.raises(CommandError, match=said):
        seller_command(**changes)

    assert Seller.objects.count() == 0


def test_another_merchants_document_is_not_there(
    three_kinds: list[Document], now: datetime
) -> None:
    stranger = Api(make_staff(make_buyer("Elsewhere", now=now), Staff.Role.OWNER), "merchant")
    ids: list[UUID] = [document.pk for document in three_kinds]

    for document_id in [*ids, uuid4()]:
        problem(stranger.get(f"/merchant/invoices/{document_id}"), 404, "invoice_not_found")
        problem(stranger.get(f"/merchant/invoices/{document_id}/pdf"), 404, "invoice_not_found")
    assert stranger.get("/merchant/invoices").json() == []
