"""A month of a small platform at the pretended Razorpay, and the bank's statement of it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

from apps.merchants import services as merchants
from apps.merchants.models import Merchant
from apps.payments import services
from apps.payments.gateway import Gateway
from apps.payments.models import BankStatement, CustodyCheck, ReconException, ReconRun
from tests.factories import NOON, make_merchant
from tests.payments.making import event_body, ordered, paid_at, received
from tests.sandbox.pretended_razorpay import RazorpayProcess
from uma.kernel.ids import new_id

BANK_DAYS = 28


@dataclass
class Row:
    """One line of the bank's, signed in paise."""

    at: datetime
    utr: str
    paise: int
    narration: str


@dataclass
class Month:
    """What happened, by whose hand, and what the bank will tell."""

    cloud: RazorpayProcess
    account: Gateway
    now: datetime = NOON
    shops: list[Merchant] = field(default_factory=list)
    payments: list[str] = field(default_factory=list)
    by_hand: list[Row] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.shops = [make_merchant(f"Shop {number}") for number in range(2)]
        self.move(days=0)

    def move(self, *, days: int) -> None:
        self.now += timedelta(days=days)
        self.cloud.order("clock", at=int(self.now.timestamp()))

    def top_up(self, shop: int = 0, paise: int = 5_000_00) -> str:
        top_up = ordered(self.shops[shop], self.account, amount_paise=paise, now=self.now)
        payment_id = paid_at(self.cloud, top_up)
        received(event_body(payment_id), now=self.now)
        services.handle_due_events(gateway=self.account, now=self.now)
        self.payments.append(payment_id)
        return payment_id

    def pay_twice_and_refund(self, paise: int = 700_00) -> None:
        """One order, two payments: the second is credited to nobody and given back."""
        top_up = ordered(self.shops[0], self.account, amount_paise=paise, now=self.now)
        both = [paid_at(self.cloud, top_up, "authorized") for _ in range(2)]
        for payment_id in both:
            body = {"amount": paise, "currency": "INR"}
            self.account.call("post", f"/v1/payments/{payment_id}/capture", json=body)
            received(event_body(payment_id), now=self.now)
        services.handle_due_events(gateway=self.account, now=self.now)
        self.account.call("post", f"/v1/payments/{both[1]}/refund", json={})

    def dispute(self, payment_id: str, phase: str = "created", **facts: object) -> str:
        told = self.cloud.order("dispute", payment_id=payment_id, phase=phase, **facts)
        dispute_id: str = told["id"]
        hear_of(dispute_id, phase, self.account, now=self.now)
        return dispute_id

    def settle(self) -> None:
        self.cloud.order("settle")

    def bank_transfer(self, shop: int = 0, paise: int = 2_000_00) -> None:
        utr = f"N{new_id().int % 10**15:015d}"
        merchants.top_up(
            merchant_id=self.shops[shop].pk, amount_paise=paise, reference=utr, actor_id=None,
            reason="by transfer", now=self.now,
        )  # fmt: skip
        self.by_hand.append(Row(self.now, utr, paise, "NEFT IN"))

    def fund_reserve(self, paise: int = 50_000_00) -> None:
        utr = f"R{new_id().int % 10**15:015d}"
        merchants.fund_reserve(
            zone_code="MNP", amount_paise=paise, reference=utr, actor_id=None, reason="own money",
            now=self.now,
        )  # fmt: skip
        self.by_hand.append(Row(self.now, utr, paise, "OWN FUNDS"))

    def to_the_float(self, paise: int) -> str:
        utr = f"X{new_id().int % 10**15:015d}"
        self.by_hand.append(Row(self.now, utr, -paise, "RAZORPAYX FUNDING"))
        return utr

    def bank_rows(self) -> list[Row]:
        settled = [
            Row(
                datetime.fromtimestamp(row["created_at"], NOON.tzinfo),
                row["utr"],
                row["amount"],
                "RAZORPAY SETTLEMENT",
            )
            for row in self.cloud.ask("setl")["items"]
        ]
        return sorted([*settled, *self.by_hand], key=lambda row: (row.at, row.utr))

    def upload(self, rows: list[Row] | None = None, *, without: str = "") -> BankStatement:
        raw = csv_of(self.bank_rows() if rows is None else rows, without=without)
        return services.upload_statement(
            raw=raw,
            filename="march.csv",
            actor_id=uuid4(),
            now=self.now,
        )

    def close(self, rows: list[Row] | None = None, *, without: str = "") -> ReconRun:
        """The end of the month: settlements are read, the statement uploaded, everything compared."""
        self.move(days=5)
        services.pull_settlements(gateway=self.account, now=self.now)
        self.upload(rows, without=without)
        return self.reconcile()

    def reconcile(self) -> ReconRun:
        return services.reconcile(gateway=self.account, now=self.now)

    def custody(self) -> CustodyCheck:
        return services.check_custody(now=self.now)


def hear_of(dispute_id: str, phase: str, account: Gateway, *, now: datetime) -> None:
    body = event_body("pay_x", f"payment.dispute.{phase}").replace(
        b'"payload": {', b'"payload": {"dispute": {"entity": {"id": "%b"}}, ' % dispute_id.encode()
    )
    received(body, now=now)
    services.handle_due_events(gateway=account, now=now)


def busy(month: Month) -> Month:
    """Four weeks with everything that happens in one, and nothing wrong."""
    month.fund_reserve()
    lost = won = ""
    for day in range(BANK_DAYS):
        if day % 3 == 0:
            paid = month.top_up(day % 2, 1_000_01 + day * 137_77)
            lost, won = (paid if day == 6 else lost), (paid if day == 12 else won)
        if day == 9:
            month.pay_twice_and_refund()
        if day in {4, 17}:
            month.bank_transfer(1, 2_000_00 + day)
        if day == 10:
            month.dispute(lost)
        if day == 14:
            month.dispute(won, onset=True)
        if day == 18:
            month.dispute(lost, "lost")
        if day == 22:
            month.dispute(won, "won")
        if day % 3 == 1:
            month.settle()
        month.move(days=1)
    month.top_up(0, 3_333_33)
    month.settle()
    return month


def csv_of(rows: list[Row], *, without: str = "") -> bytes:
    """Return the statement with a running balance, as a bank exports it; `without` a line's UTR."""
    lines, balance = ["Date,Narration,Ref No,Debit,Credit,Balance"], 0
    for row in rows:
        balance += row.paise
        if row.utr == without:
            continue
        amount = f"{abs(row.paise) // 100:,}.{abs(row.paise) % 100:02d}"
        sides = f',"{amount}"' if row.paise > 0 else f'"{amount}",'
        lines.append(
            f"{row.at:%d/%m/%Y},{row.narration} {row.utr},{row.utr},{sides},"
            f'"{balance // 100}.{balance % 100:02d}"'
        )
    return "\n".join(lines).encode()


def open_kinds() -> list[str]:
    found = ReconException.objects.filter(state="OPEN").order_by("kind")
    return list(found.values_list("kind", flat=True))
