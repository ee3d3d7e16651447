"""
Events doubled, lost and reordered, looks, lost calls and answers, dead workers, halts and second thoughts in
any order: each payout is sent once at the most, paid once, given back once, and the money adds up (INV-28).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from apps.payments import selectors, services
from apps.payments.errors import PayoutNotCancellable
from apps.payments.gateway import Gateway
from apps.payments.machine import OF_RAZORPAY, OPEN, RETURNED, State
from apps.payments.models import Payout
from apps.payments.services import payout_submitting
from apps.sandbox.razorpay.payouts import ARROWS
from tests.factories import NOON
from tests.payments.making import received
from tests.payments.paying_out import OPERATOR, make_owner, make_payee, payout_event
from tests.payments.unlimited import lift_limits
from tests.sandbox.pretended_razorpay import RazorpayProcess

pytestmark = pytest.mark.django_db
some = st.integers(0, 1_000)
WEATHER = ["fine", "unheard", "lost"]
# Where Razorpay leaves a payout for good.
RESTS = {"processed", "reversed", "cancelled", "rejected", "failed"}


class Payouts(RuleBasedStateMachine):
    """The product's services against a process that plays RazorpayX, and its list as the oracle."""

    cloud: RazorpayProcess
    account: Gateway

    def __init__(self) -> None:
        super().__init__()
        # Each run is a savepoint of the test's transaction, thrown away at its end.
        self.run_ = transaction.atomic()
        # Django's own mark for a test's transaction: durable services may be called inside.
        vars(self.run_)["_from_testcase"] = True
        self.run_.__enter__()
        self.cloud.order("reset")
        self.cloud.order("payouts", begins="processing", ends="", seconds=0)
        lift_limits()
        self.payees = [make_payee(), make_owner()]
        self.had = [payee.purse for payee in self.payees]
        self.now = NOON
        self.payouts: list[tuple[int, UUID]] = []
        self.told: list[UUID] = []
        self.ask(place=0, amount_paise=300_00)

    def teardown(self) -> None:
        try:
            self._come_to_rest()
        finally:
            transaction.set_rollback(True)
            self.run_.__exit__(None, None, None)

    @initialize(weather=st.sampled_from(WEATHER), minutes=st.sampled_from([1, 20]))
    def begin(self, weather: str, minutes: int) -> None:
        """The most costly moment comes first: a payout is sent, and perhaps nobody hears of it."""
        self.submit(weather=weather, begins="processing")
        self.wait(minutes=minutes)
        self.submit(weather="fine", begins="processing")

    @rule(place=st.integers(0, 1), amount_paise=st.integers(100_00, 300_00))
    def ask(self, place: int, amount_paise: int) -> None:
        payee = self.payees[place]
        if payee.purse >= amount_paise:
            self.payouts.append((place, payee.ask(amount_paise, now=self.now).pk))

    @rule(weather=st.sampled_from(WEATHER), begins=st.sampled_from(["processing", "queued"]))
    def submit(self, weather: str, begins: str) -> None:
        self.cloud.order("payouts", begins=begins, ends="")
        with self._weather(weather, path="/v1/payouts"):
            services.submit_next(gateway=self.account, now=self.now)

    @rule()
    def die_before_the_call(self) -> None:
        """A worker claimed a payout and was killed: its lease runs on."""
        payout_submitting._claim(now=self.now)

    @precondition(lambda self: self._at_razorpay())
    @rule(pick=some, which=some)
    def happen(self, pick: int, which: int) -> None:
        """Something becomes of a payout at the bank; nobody is told yet."""
        rows = self._at_razorpay()
        row = rows[pick % len(rows)]
        ways = sorted(ARROWS.get(row["status"], set()) - {"scheduled"})
        if ways:
            self.cloud.order("payouts/move", payout_id=row["id"], status=ways[which % len(ways)])

    @precondition(lambda self: self._at_razorpay())
    @rule(pick=some, same=st.integers(0, 2), name=st.sampled_from(["processed", "reversed", "x"]))
    def tell(self, pick: int, same: int, name: str) -> None:
        """An event comes: perhaps of something else than what is true, perhaps the second time."""
        rows = self._at_razorpay()
        row = rows[pick % len(rows)]
        raw = payout_event(row["id"], name if name != "x" else "updated")
        event = received(raw, event_id=f"{row['id']}{same}", now=self.now, source="RAZORPAYX")
        if event is not None:
            self.told.append(event)

    @rule(weather=st.sampled_from(WEATHER))
    def work(self, weather: str) -> None:
        with self._weather(weather):
            services.handle_due_events(gateway=self.account, now=self.now)

    @rule(weather=st.sampled_from(WEATHER))
    def look(self, weather: str) -> None:
        with self._weather(weather):
            services.look_at_payouts(gateway=self.account, now=self.now, limit=3)

    @rule(pick=some)
    def think_again(self, pick: int) -> None:
        place, payout_id = self.payouts[pick % len(self.payouts)]
        payee = self.payees[place]
        try:
            services.cancel_payout(
                payout_id=payout_id,
                person_id=payee.rider.pk if payee.rider else None,
                merchant_id=payee.merchant.pk if payee.merchant else None,
                actor_id=OPERATOR,
                now=self.now,
            )
        except PayoutNotCancellable:
            assert Payout.objects.get(pk=payout_id).state != "APPROVED"

    @precondition(lambda self: self.told)
    @rule(pick=some)
    def replay(self, pick: int) -> None:
        event_id = self.told[pick % len(self.told)]
        services.replay_event(event_id=event_id, actor_id=OPERATOR, reason="again", now=self.now)

    @rule(pick=some)
    def ask_razorpay_again(self, pick: int) -> None:
        payout_id = self.payouts[pick % len(self.payouts)][1]
        services.ask_again(payout_id=payout_id, actor_id=OPERATOR, reason="again", now=self.now)

    @rule(halt=st.booleans())
    def halt(self, halt: bool) -> None:  # noqa: FBT001 — Hypothesis draws it
        if halt:
            services.halt_payouts(reason="a finding", actor_id=OPERATOR, now=self.now)
        elif selectors.payouts_halted():
            services.resume_payouts(reason="found", actor_id=OPERATOR, now=self.now)

    @rule(minutes=st.sampled_from([1, 20, 60 * 25]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @invariant()
    def the_money_adds_up(self) -> None:
        for place, payee in enumerate(self.payees):
            mine = [one for where, one in self.payouts if where == place]
            rows = Payout.objects.filter(pk__in=mine)
            waiting = sum(row.amount_paise for row in rows if row.state in OPEN)
            paid = sum(row.amount_paise for row in rows if row.state == State.PROCESSED)
            assert payee.aside == waiting
            assert payee.purse == self.had[place] - waiting - paid

    @invariant()
    def nothing_is_sent_twice_or_unasked(self) -> None:
        sent = [row["reference_id"] for row in self._at_razorpay()]
        assert len(sent) == len(set(sent))
        assert set(sent) <= {payout_id.hex for _, payout_id in self.payouts}

    def _at_razorpay(self) -> list[dict[str, Any]]:  # Any: JSON
        rows: list[dict[str, Any]] = self.cloud.ask("pout")["items"]  # Any: as above
        return rows

    def _come_to_rest(self) -> None:
        """Whatever was lost: quiet weather, the jobs, and an end of each payout at the bank."""
        if selectors.payouts_halted():
            services.resume_payouts(reason="found", actor_id=OPERATOR, now=self.now)
        self.cloud.order("payouts", begins="processing", ends="")
        for _ in range(2):
            self.now += timedelta(hours=1)
            while services.submit_next(gateway=self.account, now=self.now):
                pass
        for row in self._at_razorpay():
            if row["status"] in {"pending", "queued"}:
                self.cloud.order("payouts/move", payout_id=row["id"], status="processing")
            if row["status"] not in RESTS:
                self.cloud.order("payouts/move", payout_id=row["id"], status="processed")
        self.now += timedelta(days=1)
        services.look_at_payouts(gateway=self.account, now=self.now, limit=1_000)
        self.the_money_adds_up()
        self.nothing_is_sent_twice_or_unasked()
        at_rest = {row["reference_id"]: OF_RAZORPAY[row["status"]] for row in self._at_razorpay()}
        for _, payout_id in self.payouts:
            state = State(Payout.objects.get(pk=payout_id).state)
            there = at_rest.get(payout_id.hex)
            if there is None:
                assert state == State.CANCELLED
            elif there == State.REVERSED:
                # What failed and was then called reversed went back by its failure.
                assert state in RETURNED
            else:
                assert state == there
        assert not selectors.payouts_halted()

    @contextmanager
    def _weather(self, weather: str, *, path: str = "/") -> Iterator[None]:
        """Lose the next call of the API, or only its answer, or neither."""
        if weather != "fine":
            self.cloud.order("weather", path=path, times=1, after=weather == "unheard")
        yield
        self.cloud.order("weather")


def test_any_order_of_events_pays_each_payout_once_and_gives_it_back_once(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    Payouts.cloud, Payouts.account = cloud, account
    usual = settings().max_examples

    run_state_machine_as_test(
        Payouts,
        settings=settings(
            max_examples=max(12, usual // 6),
            stateful_step_count=25,
            # Each step talks to a process: a failing run is told as it is, not in its shortest form.
            phases=[Phase.explicit, Phase.generate],
        ),
    )
