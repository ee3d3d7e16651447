"""What the database refuses about documents, numbers and sellers, whoever writes."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction

from apps.merchants.models import Merchant
from apps.payments.models import Document, InvoiceRun, Seller, Series
from tests.factories import NOON, make_merchant
from tests.payments.trading import gstin, make_seller

pytestmark = pytest.mark.django_db


@pytest.fixture
def merchant() -> Merchant:
    return make_merchant()


@pytest.fixture
def series() -> Series:
    return Series.objects.create(code="MNP", kind="INVOICE", financial_year="2627")


# Any: columns of many types.
def facts(merchant: Merchant, series: Series, **changes: Any) -> dict[str, Any]:
    return {
        "kind": "INVOICE",
        "number": f"I/MNP/2627/{len(Document.objects.all()) + 1:04d}",
        "series": series,
        "sequence": Document.objects.count() + 1,
        "zone": merchant.zone,
        "merchant": merchant,
        "month": date(2026, 4, 1),
        "integrated": False,
        "taxable_paise": 20_00,
        "cgst_paise": 1_80,
        "sgst_paise": 1_80,
        "total_paise": 23_60,
        "issued_at": NOON,
        "snapshot": {},
    } | changes


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("payments_document_number_shape", {"number": "I/MNP/2627 0001"}),
        ("payments_document_number_shape", {"number": "i/mnp/2627/0001"}),
        ("payments_document_number_shape", {"number": ""}),
        ("payments_document_adds_up", {"total_paise": 23_61}),
        ("payments_document_adds_up", {"sgst_paise": 1_79, "total_paise": 23_59}),
        ("payments_document_adds_up", {"taxable_paise": 0, "cgst_paise": 0, "sgst_paise": 0,
                                       "total_paise": 0}),
        ("payments_document_adds_up", {"taxable_paise": -20_00, "total_paise": -16_40}),
        ("payments_document_one_kind_of_tax", {"igst_paise": 3_60, "total_paise": 27_20}),
        ("payments_document_one_kind_of_tax", {"integrated": True}),
        ("payments_document_is_whole", {"month": None}),
        ("payments_document_is_whole", {"journal_id": UUID(int=1)}),
        ("payments_document_is_whole", {"kind": "CREDIT_NOTE"}),
        ("payments_document_is_whole", {"kind": "RECEIPT_VOUCHER", "taxable_paise": 0,
                                        "cgst_paise": 0, "sgst_paise": 0}),
        ("payments_document_is_whole", {"kind": "PROMISE"}),
        ("payments_document_adds_up", {"kind": "RECEIPT_VOUCHER", "month": None,
                                       "journal_id": UUID(int=1)}),
    ],
)  # fmt: skip
def test_a_document_that_cannot_be_true_is_refused(
    merchant: Merchant, series: Series, name: str, changes: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Document.objects.create(**facts(merchant, series, **changes))


def test_a_number_a_place_a_month_and_a_journal_are_given_once(
    merchant: Merchant, series: Series
) -> None:
    first = Document.objects.create(**facts(merchant, series))
    note = {
        "kind": "CREDIT_NOTE",
        "number": "C/MNP/2627/0001",
        "sequence": 9,
        "corrects": first,
        "journal_id": uuid4(),
    }
    Document.objects.create(**facts(merchant, series, **note))

    for name, changes in {
        "payments_document_number_once": {"number": first.number, "month": date(2026, 5, 1)},
        "payments_document_sequence_once": {"sequence": 1, "month": date(2026, 5, 1)},
        "payments_document_month_once": {},
        "payments_document_journal_once": note | {"number": "C/MNP/2627/0002", "sequence": 10},
    }.items():
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Document.objects.create(**facts(merchant, series, **changes))


def test_an_issued_document_never_changes_and_never_goes(
    merchant: Merchant, series: Series
) -> None:
    issued = Document.objects.create(**facts(merchant, series))
    rows = Document.objects.filter(pk=issued.pk)

    for change in (
        lambda: rows.update(total_paise=1),
        lambda: rows.update(snapshot={}),
        rows.delete,
    ):
        with (
            pytest.raises(IntegrityError, match="payments_document_append_only"),
            transaction.atomic(),
        ):
            change()


def test_a_series_counts_by_one_and_stays(series: Series) -> None:
    rows = Series.objects.filter(pk=series.pk)

    for last_number in (0, 2, 5):
        with (
            pytest.raises(IntegrityError, match="payments_series_counts_by_one"),
            transaction.atomic(),
        ):
            rows.update(last_number=last_number)
    with pytest.raises(IntegrityError, match="payments_series_counts_by_one"), transaction.atomic():
        rows.update(last_number=1, code="BLR")
    with pytest.raises(IntegrityError, match="payments_series_stays"), transaction.atomic():
        rows.delete()
    with pytest.raises(IntegrityError, match="payments_series_begins_at_one"), transaction.atomic():
        Series.objects.create(code="X1", kind="INVOICE", financial_year="2627", last_number=7)
    with pytest.raises(IntegrityError, match="payments_series_once"), transaction.atomic():
        Series.objects.create(code="MNP", kind="INVOICE", financial_year="2627")
    rows.update(last_number=1)


@pytest.mark.parametrize(
    "changes",
    [
        {"gstin": "29AAACU0001K1Y"},
        {"series": "M"},
        {"series": "mnp"},
        {"series": "M-P"},
        {"advertising_sac": "12345"},
        {"subscription_sac": "998A65"},
        {"legal_name": ""},
        {"address": ""},
    ],
)
def test_a_seller_that_cannot_be_printed_is_refused(
    merchant: Merchant, changes: dict[str, str]
) -> None:
    whole = {
        "legal_name": "UMA Platforms Private Limited",
        "address": "Manipal",
        "gstin": gstin(),
        "series": "MNP",
        "advertising_sac": "998365",
        "subscription_sac": "998365",
    }
    with (
        pytest.raises(IntegrityError, match="payments_seller_can_be_printed"),
        transaction.atomic(),
    ):
        Seller.objects.create(zone=merchant.zone, effective_from=NOON, **whole | changes)


def test_who_sells_from_an_instant_on_is_said_once_and_kept(merchant: Merchant) -> None:
    seller = make_seller(merchant.zone_id, since=NOON)
    values = {
        name: getattr(seller, name)
        for name in ("legal_name", "address", "gstin", "series", "advertising_sac")
    }

    with pytest.raises(IntegrityError, match="payments_seller_once_from"), transaction.atomic():
        Seller.objects.create(
            zone=seller.zone, effective_from=NOON, subscription_sac="998365", **values
        )
    with pytest.raises(IntegrityError, match="payments_seller_append_only"), transaction.atomic():
        Seller.objects.update(legal_name="Somebody else")


def test_a_month_is_completed_once_and_stays_so(merchant: Merchant) -> None:
    run: dict[str, Any] = {
        "zone": merchant.zone,
        "month": date(2026, 4, 1),
        "completed_at": NOON,
        "invoices": 1,
    }
    InvoiceRun.objects.create(**run)

    with pytest.raises(IntegrityError, match="payments_invoice_run_once"), transaction.atomic():
        InvoiceRun.objects.create(**run)
    with (
        pytest.raises(IntegrityError, match="payments_invoice_run_append_only"),
        transaction.atomic(),
    ):
        InvoiceRun.objects.all().delete()
