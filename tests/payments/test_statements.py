"""A bank's statement: each line once, bad ones by number, and nothing of a file that is none."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts.models import AuditEvent
from apps.merchants.errors import UnknownZone
from apps.payments import services
from apps.payments.errors import (
    AmountNotEchoed,
    BankLineTaken,
    DeskReasonRequired,
    StatementKnown,
    StatementNotReadable,
)
from apps.payments.models import BankLine, BankStatement
from apps.payments.statements import MAX_BYTES, read_statement
from apps.wallet import codes
from tests.factories import NOON, balance, make_zone

OPERATOR = UUID(int=7)
HEADER = "Date,Narration,UTR,Debit,Credit,Balance\n"


def read(*lines: str, header: str = HEADER) -> list[tuple[object, ...]]:
    found = read_statement((header + "\n".join(lines)).encode())
    return [(row.booked_on, row.direction, row.amount_paise, row.utr) for row in found.lines]


def objections(*lines: str) -> list[tuple[int, str]]:
    found = read_statement((HEADER + "\n".join(lines)).encode())
    return [(one.number, one.reason) for one in found.objections]


@pytest.mark.parametrize(
    "text",
    ["2026-03-02", "02/03/2026", "02-03-2026", "02/03/26", "02-Mar-2026", "02 Mar 2026"],
)
def test_dates_as_banks_write_them(text: str) -> None:
    assert read(f"{text},X,U1,,5.00,")[0][0] == date(2026, 3, 2)


@pytest.mark.parametrize(
    ("text", "paise"),
    [
        ("5", 5_00),
        ("5.5", 5_50),
        ('"1,23,456.78"', 1_23_456_78),
        ('"123,456.78"', 1_23_456_78),
        ("₹5.00", 5_00),
        ("INR 5.00", 5_00),
        ("Rs. 5", 5_00),
    ],
)
def test_amounts_as_banks_write_them(text: str, paise: int) -> None:
    assert read(f"02/03/2026,X,U1,{text},,")[0][1:3] == ("DEBIT", paise)


def test_a_column_for_the_amount_and_one_for_its_sign() -> None:
    header = "Account statement of,UMA\n\nValue Date,Description,Ref No.,Amount,Dr/Cr\n"

    lines = read("02/03/2026,IN,u 1,5.00,Cr", "02/03/2026,OUT,u2,6.00,DR", header=header)

    assert [line[1:] for line in lines] == [("CREDIT", 5_00, "U1"), ("DEBIT", 6_00, "U2")]


@pytest.mark.parametrize(
    ("narration", "utr"),
    [
        ("NEFT CR-SBIN226061234567-RAZORPAY", "SBIN226061234567"),
        ("UPI/606112345678/razorpay", "606112345678"),
        ("CASH DEPOSIT", ""),
        # Two that could be it: none is.
        ("606112345678 606112345679", ""),
    ],
)
def test_a_reference_inside_the_narration(narration: str, utr: str) -> None:
    assert read(f"02/03/2026,{narration},,,5.00,")[0][3] == utr


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("30/02/2026,X,U1,,5.00,", "the date is not one"),
        ("02/03/2026,X,U1,,five,", "the amount is not in rupees and paise"),
        ("02/03/2026,X,U1,,5.001,", "the amount is not in rupees and paise"),
        ("02/03/2026,X,U1,,1e3,", "the amount is not in rupees and paise"),
        ("02/03/2026,X,U1,,-5.00,", "the amount is not between one paisa and 1,000 crore"),
        ("02/03/2026,X,U1,5.00,5.00,", "either a debit or a credit, and not both"),
        ("02/03/2026,X,U1,0.00,,", "either a debit or a credit, and not both"),
        ("02/03/2026,,,,5.00,", "neither a narration nor a reference"),
        (f"02/03/2026,X,{'U' * 41},,5.00,", "the reference is too long"),
        ("02/03/2026,X,U1,,5.00,much", "the balance is not in rupees and paise"),
        (f"02/03/2026,{'x' * 2_001},U1,,5.00,", "a cell is too long"),
        ("02/03/2026", "neither a narration nor a reference"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_by_its_number(line: str, reason: str) -> None:
    assert objections("01/03/2026,X,U0,,1.00,", "", line) == [(4, reason)]


def test_a_cell_with_a_line_break_keeps_the_count() -> None:
    assert objections('01/03/2026,"one\ntwo",U0,,1.00,', "bad,X,U1,,1,") == [
        (4, "the date is not one")
    ]


def test_a_balance_that_does_not_follow_means_that_lines_are_missing() -> None:
    found = read_statement(
        (HEADER + "01/03/2026,A,U0,,5.00,5.00\n02/03/2026,B,U1,1.00,,3.00").encode()
    )

    assert [(one.number, one.taken) for one in found.objections] == [(3, True)]
    assert (len(found.lines), found.closing_paise) == (2, None)


def test_the_closing_balance_is_the_newest_lines_whichever_way_round() -> None:
    up = HEADER + "01/03/2026,A,U0,,5.00,5.00\n02/03/2026,B,U1,1.00,,4.00"
    down = HEADER + "02/03/2026,B,U1,1.00,,4.00\n01/03/2026,A,U0,,5.00,5.00"

    for text in (up, down):
        found = read_statement(text.encode())
        assert (found.closing_paise, found.closes_on) == (4_00, date(2026, 3, 2))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"hello",
        HEADER.encode(),
        b"\xff\xfe\x00",
        b"Date,Narration\n02/03/2026,X",
        b"PK\x03\x04" + bytes(200),
        b"\n" * 100 + HEADER.encode() + b"02/03/2026,X,U1,,5.00,",
        b"x" * (MAX_BYTES + 1),
        (HEADER + "02/03/2026,X,U1,,5.00,\n" * 20_001).encode(),
    ],
    ids=["empty", "words", "header", "utf16", "narrow", "zip", "late", "large", "long"],
)
def test_what_is_no_statement_is_refused_whole(raw: bytes) -> None:
    with pytest.raises(StatementNotReadable):
        read_statement(raw)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    try:
        found = read_statement(HEADER.encode() + raw)
    except StatementNotReadable:
        return
    assert all(line.amount_paise >= 1 for line in found.lines)


@given(st.integers(1, 10**12), st.sampled_from(["DEBIT", "CREDIT"]))
def test_every_amount_is_read_to_the_paisa(paise: int, direction: str) -> None:
    text = f"{paise // 100}.{paise % 100:02d}"
    sides = f"{text}," if direction == "DEBIT" else f",{text}"

    assert read(f"02/03/2026,X,U1,{sides},")[0][1:3] == (direction, paise)


def upload(text: str, **more: object) -> BankStatement:
    facts: dict[str, object] = {
        "raw": (HEADER + text).encode(),
        "filename": "march.csv",
        "actor_id": OPERATOR,
        "now": NOON,
    }
    return services.upload_statement(**facts | more)  # type: ignore[arg-type]  # of many types


ONE, TWO = "01/03/2026,A,U0,,5.00,5.00", "02/03/2026,B,U1,1.00,,4.00"


@pytest.mark.django_db
def test_the_same_file_or_line_twice_changes_nothing() -> None:
    first = upload(f"{ONE}\n{TWO}")
    assert (first.lines_new, first.lines_known, first.closing_paise) == (2, 0, 4_00)

    with pytest.raises(StatementKnown):
        upload(f"{ONE}\n{TWO}")
    # The next month's file begins with a line of the last, and says it twice.
    second = upload(f"{TWO}\n{TWO}\n03/03/2026,C,U2,,1.00,5.00")

    assert (second.lines_new, second.lines_known) == (1, 2)
    assert BankLine.objects.count() == 3
    assert AuditEvent.objects.filter(action="bank-statement.uploaded").count() == 2


@pytest.mark.django_db
def test_good_lines_are_kept_beside_bad_ones_and_the_corrected_file_adds_the_rest() -> None:
    bad = upload(f"{ONE}\nwhen,B,U1,1.00,,4.00")
    assert (bad.lines_new, bad.closing_paise) == (1, None)
    assert bad.objections == [{"line": 3, "reason": "the date is not one", "taken": False}]

    corrected = upload(f"{ONE}\n{TWO}")

    assert (corrected.lines_new, corrected.lines_known) == (1, 1)


@pytest.mark.django_db
def test_a_closing_balance_is_given_by_hand_where_the_file_has_none() -> None:
    made = upload("01/03/2026,A,U0,,5.00,", closing_paise=5_00, closes_on=date(2026, 3, 3))

    assert (made.closing_paise, made.closes_on) == (5_00, date(2026, 3, 3))


@pytest.mark.django_db
def test_a_bank_line_is_booked_as_money_to_the_float_once_and_back() -> None:
    make_zone("MNP")
    upload("01/03/2026,TO X,U0,900.00,,\n02/03/2026,FROM X,U1,,100.00,")
    out, back = BankLine.objects.order_by("line_number")

    def book(line: BankLine, **changes: object) -> UUID:
        facts: dict[str, object] = {
            "line_id": line.pk, "zone_code": "MNP", "amount_paise": line.amount_paise,
            "actor_id": OPERATOR, "reason": "weekly", "now": NOON,
        }  # fmt: skip
        return services.record_float(**facts | changes)  # type: ignore[arg-type]  # of many types

    with pytest.raises(AmountNotEchoed):
        book(out, amount_paise=1)
    with pytest.raises(UnknownZone):
        book(out, zone_code="XXX")
    with pytest.raises(DeskReasonRequired):
        book(out, reason="")
    book(out)
    with pytest.raises(BankLineTaken):
        book(out)
    with pytest.raises(BankLineTaken):
        book(out, line_id=uuid4())
    book(back)

    assert balance(codes.zone_account("MNP", "payout_float")) == 800_00
    assert balance(codes.zone_account("MNP", "bank_nodal")) == -800_00
    assert not BankLine.objects.filter(matched_to="").exists()
