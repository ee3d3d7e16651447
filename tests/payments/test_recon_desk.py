"""The treasury's pages: a statement is uploaded, its lines told, and a halt is seen."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from apps.merchants import services as merchants
from apps.payments import services
from apps.payments.models import BankLine, BankStatement
from tests.accounts.making import at_the_desk, make_operator
from tests.factories import NOON, make_merchant

pytestmark = pytest.mark.django_db
UPLOAD = reverse("admin:payments_bankstatement_upload")
HEADER = b"Date,Narration,UTR,Debit,Credit,Balance\n"


@pytest.fixture
def treasurer() -> Client:
    return at_the_desk(make_operator("finance"))


def sent(client: Client, raw: bytes, **more: str) -> str:
    file = SimpleUploadedFile("march.csv", raw, content_type="text/csv")
    answer = client.post(UPLOAD, {"statement": file} | more, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_statement_is_uploaded_matched_and_its_bad_lines_are_told(treasurer: Client) -> None:
    page = sent(treasurer, HEADER + b"01/03/2026,<b>IN</b>,U0,,5.00,5.00\nwhen,X,U1,,1.00,6.00")

    assert "1 new lines, 0 known, 0 matched." in page
    assert "the date is not one" in page
    assert "left out" in page
    line = BankLine.objects.get()
    lines = treasurer.get(reverse("admin:payments_bankline_changelist")).content.decode()
    assert "&lt;b&gt;IN&lt;/b&gt;" in lines
    assert line.narration == "<b>IN</b>"


def test_what_the_ledger_knows_is_matched_at_once(treasurer: Client) -> None:
    merchants.top_up(
        merchant_id=make_merchant().pk, amount_paise=5_00, reference="U0", actor_id=None,
        reason="x", now=NOON,
    )  # fmt: skip

    assert "1 matched." in sent(treasurer, HEADER + b"01/03/2026,IN,u0,,5.00,5.00")


def test_a_closing_balance_is_typed_in_with_its_day(treasurer: Client) -> None:
    lines = b"Date,Narration,UTR,Debit,Credit\n01/03/2026,IN,U0,,5.00"

    assert "belong together" in sent(treasurer, lines, closing="5.00")
    sent(treasurer, lines, closing="5.00", closes_on="2026-03-02")

    assert BankStatement.objects.get().closing_paise == 5_00


@pytest.mark.parametrize("raw", [b"hello", b"\xff\xfe", HEADER])
def test_what_is_no_statement_is_said_on_the_form(treasurer: Client, raw: bytes) -> None:
    assert "errorlist" in sent(treasurer, raw)

    assert not BankStatement.objects.exists()


def test_the_same_file_again_is_said_on_the_form(treasurer: Client) -> None:
    raw = HEADER + b"01/03/2026,IN,U0,,5.00,5.00"
    sent(treasurer, raw)

    assert "uploaded before" in sent(treasurer, raw)


@pytest.mark.parametrize(
    ("role", "zone"), [("finance", "MNP"), ("support", ""), ("city_manager", "")]
)
def test_only_a_treasurer_of_all_zones_uploads(role: str, zone: str) -> None:
    make_merchant()
    client = at_the_desk(make_operator(role, *([zone] if zone else [])))

    assert client.get(UPLOAD).status_code == 403
    assert client.post(UPLOAD, {}).status_code == 403


def test_a_halt_is_seen_above_the_lists(treasurer: Client) -> None:
    pages = [
        reverse(f"admin:payments_{name}_changelist")
        for name in ("reconexception", "reconrun", "custodycheck")
    ]
    for page in pages:
        assert "Payouts are halted" not in treasurer.get(page).content.decode()

    services.halt_payouts(reason="custody", actor_id=None, now=NOON)

    for page in pages:
        assert "Payouts are halted" in treasurer.get(page).content.decode()
