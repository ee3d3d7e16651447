"""
A document as a page of A4: drawn from its row and its snapshot alone, so the same bytes every time.

Letters are embedded, because no viewer's own font is sure to have the rupee sign.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from importlib import resources
from io import BytesIO
from typing import Any

from reportlab.lib.colors import Color, HexColor, white
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from apps.payments.amounts import counted, grouped
from apps.payments.models import Document, DocumentKind
from uma.kernel.zones import local

REGULAR, STRONG, BOLD = "Uma", "Uma-Semibold", "Uma-Bold"
BRAND, INK, SOFT, LINE, SUNK = (
    HexColor(code) for code in ("#0b6b4f", "#15201b", "#55635c", "#dce1db", "#f4f5f1")
)
SPOT = HexColor("#ffc857")
WIDTH, HEIGHT = A4
LEFT, RIGHT = 48.0, WIDTH - 48.0
MIDDLE = LEFT + (RIGHT - LEFT) * 0.54
FOOT = 64.0
# Right edges of the columns of figures.
SAC_AT, QUANTITY_AT, RATE_AT = LEFT + 260, LEFT + 345, LEFT + 425
TITLES = {
    DocumentKind.INVOICE: "Tax invoice",
    DocumentKind.CREDIT_NOTE: "Credit note",
    DocumentKind.RECEIPT_VOUCHER: "Receipt voucher",
}
TO_WHOM = {
    DocumentKind.INVOICE: "BILLED TO",
    DocumentKind.CREDIT_NOTE: "ISSUED TO",
    DocumentKind.RECEIPT_VOUCHER: "RECEIVED FROM",
}
BPS_PER_PERCENT = 100

Facts = dict[str, Any]  # Any: a JSON document


def pdf_of(document: Document) -> bytes:
    """Return the document as PDF; of one row there is one file, to the byte."""
    _register()
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1, lang="en-IN")
    canvas.setTitle(f"{TITLES[DocumentKind(document.kind)]} {document.number}")
    canvas.setAuthor(document.snapshot["seller"]["legal_name"])
    canvas.setSubject(f"For {document.snapshot['buyer']['legal_name']}")
    canvas.setCreator("UMA")
    _Page(canvas, document).draw()
    canvas.save()
    return buffer.getvalue()


def file_name(document: Document) -> str:
    """Return `I-BLR-2627-0042.pdf`: a number's slashes are no folders."""
    return f"{document.number.replace('/', '-')}.pdf"


@lru_cache(maxsize=1)
def _register() -> None:
    files = resources.files("font_source_sans_pro") / "files"
    for name, weight in ((REGULAR, "Regular"), (STRONG, "Semibold"), (BOLD, "Bold")):
        pdfmetrics.registerFont(TTFont(name, str(files / f"SourceSansPro-{weight}.ttf")))


def rupee(paise: int) -> str:
    return f"₹{grouped(paise)}" if paise >= 0 else f"−₹{grouped(-paise)}"  # noqa: RUF001


class _Page:
    """The pen: where the next line goes, and what each part of a document looks like."""

    def __init__(self, canvas: Canvas, document: Document) -> None:
        self.canvas, self.document = canvas, document
        self.said: Facts = document.snapshot
        self.y = HEIGHT - 52

    def draw(self) -> None:
        self._head()
        self._sides()
        if self.document.kind == DocumentKind.RECEIPT_VOUCHER:
            self._received()
        else:
            self._lines()
            self._sums()
            self._outside()
        self._foot()

    # --- the pen --------------------------------------------------------------------------------

    def text(
        self,
        x: float,
        text: str,
        *,
        size: float = 9.5,
        font: str = REGULAR,
        color: Color = INK,
        right: bool = False,
    ) -> None:
        self.canvas.setFont(font, size)
        self.canvas.setFillColor(color)
        (self.canvas.drawRightString if right else self.canvas.drawString)(x, self.y, text)

    def wrapped(self, x: float, text: str, width: float, **style: Any) -> None:  # Any: of `text`
        """Write a text in as many lines as it takes, the pen below the last."""
        size = style.get("size", 9.5)
        for line in simpleSplit(text, style.get("font", REGULAR), size, width):
            self.text(x, line, **style)
            self.y -= size * 1.35

    def rule(self, *, color: Color = LINE, left: float = LEFT, width: float = 0.75) -> None:
        self.canvas.setStrokeColor(color)
        self.canvas.setLineWidth(width)
        self.canvas.line(left, self.y, RIGHT, self.y)

    def room(self, points: float) -> None:
        """Go on, on another page when this one has not so much room left."""
        if self.y - points < FOOT + 24:
            self._foot()
            self.canvas.showPage()
            self.y = HEIGHT - 64
            self.text(LEFT, f"{self._title} {self.document.number}, continued", color=SOFT)
            self.y -= 28

    # --- the parts ------------------------------------------------------------------------------

    @property
    def _title(self) -> str:
        return TITLES[DocumentKind(self.document.kind)]

    def _head(self) -> None:
        seller = self.said["seller"]
        top = self.y
        self._mark(LEFT, top - 22)
        self.y = top - 12
        self.text(LEFT + 42, "UMA", size=19, font=BOLD)
        self.y = top - 6
        self.text(RIGHT, self._title, size=21, font=BOLD, color=BRAND, right=True)
        self.y -= 19
        self.text(RIGHT, self.document.number, size=12, font=STRONG, right=True)
        self.y = top - 46
        self.text(LEFT, seller["legal_name"], font=STRONG)
        self.y -= 13
        self.wrapped(LEFT, seller["address"], MIDDLE - LEFT - 24, color=SOFT)
        self.text(LEFT, f"GSTIN {seller['gstin']}", color=SOFT)
        self.y -= 20
        self.rule(color=BRAND, width=1.5)
        self.y -= 24

    def _mark(self, x: float, y: float) -> None:
        """Draw the sign of the house: a U and the sun above it."""
        pen, size = self.canvas, 32.0
        pen.saveState()
        pen.translate(x, y)
        pen.scale(size / 512, size / 512)
        pen.setFillColor(BRAND)
        pen.roundRect(0, 0, 512, 512, 112, stroke=0, fill=1)
        pen.setStrokeColor(white)
        pen.setLineWidth(52)
        pen.setLineCap(1)
        path = pen.beginPath()
        path.moveTo(152, 362)
        path.lineTo(152, 244)
        path.arcTo(152, 140, 360, 348, startAng=180, extent=180)
        path.lineTo(360, 362)
        pen.drawPath(path, stroke=1, fill=0)
        pen.setFillColor(SPOT)
        pen.circle(256, 362, 30, stroke=0, fill=1)
        pen.restoreState()

    def _sides(self) -> None:
        buyer, top = self.said["buyer"], self.y
        self._label(LEFT, TO_WHOM[DocumentKind(self.document.kind)])
        self.wrapped(LEFT, buyer["legal_name"], MIDDLE - LEFT - 24, font=STRONG, size=11)
        for text in (buyer["brand"], buyer["address"], _named(buyer["state"])):
            if text and text != buyer["legal_name"]:
                self.wrapped(LEFT, text, MIDDLE - LEFT - 24, color=SOFT)
        gstin = buyer["gstin"]
        self.text(LEFT, f"GSTIN {gstin}" if gstin else "Not registered for GST", color=SOFT)
        below, self.y = self.y - 14, top
        for name, value in self._facts():
            self.text(MIDDLE, name, color=SOFT)
            self.text(RIGHT, value, font=STRONG, right=True)
            self.y -= 15
        self.y = min(below, self.y) - 22

    def _label(self, x: float, text: str) -> None:
        self.text(x, text, size=7.5, font=STRONG, color=SOFT)
        self.y -= 14

    def _facts(self) -> list[tuple[str, str]]:
        document, zone = self.document, self.said["timezone"]
        facts = [("Date of issue", _day(document.issued_at, zone))]
        corrected = document.corrects
        if corrected is not None:
            assert document.month is not None
            facts += [
                ("Against invoice", corrected.number),
                ("Invoice date", _day(corrected.issued_at, zone)),
                ("Returned in", f"{document.month:%B %Y}"),
            ]
        elif document.month is not None:
            facts.append(("For the month of", f"{document.month:%B %Y}"))
        facts.append(("Place of supply", _named(self.said["place_of_supply"])))
        if document.kind != DocumentKind.RECEIPT_VOUCHER:
            facts.append(("Tax on reverse charge", "No"))
        return facts

    def _lines(self) -> None:
        self._columns(("SAC", SAC_AT), ("Quantity", QUANTITY_AT), ("Rate", RATE_AT))
        for line in self.said["lines"]:
            self.room(22)
            self.text(LEFT + 10, line["title"])
            self.text(SAC_AT, line["sac"], color=SOFT, right=True)
            self.text(QUANTITY_AT, counted(line["quantity"]), right=True)
            self.text(RATE_AT, grouped(line["rate_paise"]), right=True)
            self.text(RIGHT - 10, grouped(line["amount_paise"]), right=True)
            self.y -= 8
            self.rule()
            self.y -= 16

    def _columns(self, *columns: tuple[str, float]) -> None:
        self.canvas.setFillColor(SUNK)
        self.canvas.rect(LEFT, self.y - 7, RIGHT - LEFT, 22, stroke=0, fill=1)
        style: Facts = {"size": 8.5, "font": STRONG, "color": SOFT}
        self.text(LEFT + 10, "Description", **style)
        for title, at in columns:
            self.text(at, title, right=True, **style)
        self.text(RIGHT - 10, "Amount (₹)", right=True, **style)
        self.y -= 24

    def _sums(self) -> None:
        document = self.document
        self.room(110)
        self.y -= 4
        top = self.y
        sums = [("Taxable value", document.taxable_paise)]
        sums += [(_taxed(tax), tax["amount_paise"]) for tax in self.said["taxes"]]
        for name, paise in sums:
            self.text(MIDDLE, name, color=SOFT)
            self.text(RIGHT - 10, grouped(paise), right=True)
            self.y -= 16
        self._total("Total returned" if document.corrects else "Total", document.total_paise)
        below, self.y = self.y, top
        self._words(MIDDLE - LEFT - 40)
        self.y = min(below, self.y) - 14

    def _total(self, name: str, paise: int) -> None:
        self.y -= 2
        self.canvas.setFillColor(BRAND)
        self.canvas.roundRect(MIDDLE - 10, self.y - 17, RIGHT - MIDDLE + 10, 28, 5, 0, 1)
        self.y -= 7
        self.text(MIDDLE, name, size=11, font=STRONG, color=white)
        self.text(RIGHT - 10, rupee(paise), size=13, font=BOLD, color=white, right=True)
        self.y -= 22

    def _words(self, width: float) -> None:
        self._label(LEFT, "AMOUNT IN WORDS")
        self.wrapped(LEFT, self.said["words"], width)

    def _outside(self) -> None:
        """What is no part of the taxable value, in a frame of its own, and what left the wallet."""
        items: Sequence[Facts] = self.said["pass_through"]
        if items:
            self.room(60 + 16 * len(items))
            self._label(LEFT, "PASSED ON TO RIDERS · NOT PART OF THE TAXABLE VALUE, NO GST")
            self.y -= 2
            for item in items:
                self.text(LEFT, item["title"])
                self.text(QUANTITY_AT, counted(item["count"]), color=SOFT, right=True)
                self.text(RIGHT - 10, grouped(item["amount_paise"]), right=True)
                self.y -= 16
            self.rule()
            self.y -= 18
        self._settled()

    def _settled(self) -> None:
        document = self.document
        self.room(46)
        if document.corrects is not None:
            back = document.total_paise - document.pass_through_paise
            self.text(LEFT, "Returned to the prepaid wallet", font=STRONG)
            self.text(RIGHT - 10, rupee(back), font=STRONG, right=True)
        else:
            paid = document.total_paise + document.pass_through_paise
            self.text(LEFT, "Invoice and reimbursements, paid from the prepaid wallet", font=STRONG)
            self.text(RIGHT - 10, rupee(paid), font=STRONG, right=True)
            self.y -= 16
            self.text(LEFT, "Balance due", color=SOFT)
            self.text(RIGHT - 10, rupee(0), color=SOFT, right=True)
        self.y -= 24

    def _received(self) -> None:
        payment = self.said["payment"]
        self._columns()
        self.text(LEFT + 10, "Prepaid balance, added to the wallet")
        self.text(RIGHT - 10, grouped(self.document.total_paise), right=True)
        self.y -= 8
        self.rule()
        self.y -= 26
        top = self.y
        self._total("Received", self.document.total_paise)
        below, self.y = self.y, top
        self._words(MIDDLE - LEFT - 40)
        self.y = min(below, self.y) - 18
        self._label(LEFT, "PAYMENT")
        day = _day(datetime.fromisoformat(payment["received_at"]), self.said["timezone"])
        method = f" by {payment['method']}" if payment["method"] else ""
        self.text(LEFT, f"{payment['id']}{method}, received on {day}")
        self.y -= 24
        self.wrapped(
            LEFT,
            "The balance is a deposit until visits, boosts or a plan are paid from it. GST is charged then,"
            " on the month's tax invoice; none is charged on this receipt.",
            RIGHT - LEFT,
            color=SOFT,
        )

    def _foot(self) -> None:
        self.y = FOOT
        self.rule()
        self.y -= 15
        where = "Tax is rounded to the paisa for each sale, as it was charged. "
        if self.document.kind == DocumentKind.RECEIPT_VOUCHER:
            where = ""
        self.text(
            LEFT, f"{where}Issued electronically: no signature is needed.", size=8, color=SOFT
        )
        self.text(RIGHT, f"Page {self.canvas.getPageNumber()}", size=8, color=SOFT, right=True)


def _day(at: datetime, timezone: str) -> str:
    day = local(at, timezone)
    return f"{day.day} {day:%B %Y}"


def _named(state: Facts) -> str:
    return f"{state['name']} ({state['code']})"


def _taxed(tax: Facts) -> str:
    rate = tax["rate_bps"]
    return tax["name"] if rate is None else f"{tax['name']} {rate / BPS_PER_PERCENT:g}%"
