"""
Webhooks doubled, lost and reordered, looks, replays, lost answers and dead workers in any order: each
captured payment is credited once, and nothing else is (INV-27).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from apps.payments import services
from apps.payments.gateway import Gateway
from apps.payments.models import GatewayEvent, Payment, TopUp
from apps.payments.services.events import LEASE
from tests.factories import NOON, make_merchant
from tests.payments.making import event_body, ordered, paid_at, purse, received
from tests.sandbox.pretended_razorpay import RazorpayProcess

pytestmark = pytest.mark.django_db
some = st.integers(0, 1_000)


class TopUps(RuleBasedStateMachine):
    """The product's services against a process that plays Razorpay, and a set as the oracle."""

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
        self.merchants = [make_merchant(f"Shop {number}") for number in range(2)]
        self.now = NOON
        self.orders: list[tuple[int, TopUp]] = []
        self.payments: list[str] = []
        self.told: list[UUID] = []
        # What Razorpay captured: payment id → (merchant, paise).
        self.captured: dict[str, tuple[int, int]] = {}
        self.paid: set[UUID] = set()
        self.order(place=0, amount_paise=500_00)

    def teardown(self) -> None:
        try:
            self._come_to_rest()
        finally:
            transaction.set_rollback(True)
            self.run_.__exit__(None, None, None)

    @rule(place=st.integers(0, 1), amount_paise=st.integers(100_00, 9_000_00))
    def order(self, place: int, amount_paise: int) -> None:
        top_up = ordered(
            self.merchants[place], self.account, amount_paise=amount_paise, now=self.now
        )
        self.orders.append((place, top_up))

    @rule(pick=some, outcome=st.sampled_from(["captured", "captured", "failed"]))
    def pay(self, pick: int, outcome: str) -> None:
        place, top_up = self.orders[pick % len(self.orders)]
        if top_up.pk in self.paid:
            return
        payment_id = paid_at(self.cloud, top_up, outcome)
        self.payments.append(payment_id)
        if outcome == "captured":
            self.captured[payment_id] = (place, top_up.amount_paise)
            self.paid.add(top_up.pk)

    @precondition(lambda self: self.payments)
    @rule(
        pick=some, same=st.integers(0, 3), name=st.sampled_from(["payment.captured", "order.paid"])
    )
    def tell(self, pick: int, same: int, name: str) -> None:
        payment_id = self.payments[pick % len(self.payments)]
        event = received(event_body(payment_id, name), event_id=f"{payment_id}{same}", now=self.now)
        if event is not None:
            self.told.append(event)

    @rule(lost=st.booleans())
    def work(self, lost: bool) -> None:  # noqa: FBT001 — Hypothesis draws it
        with self._weather(lost=lost):
            services.handle_due_events(gateway=self.account, now=self.now)

    @rule(lost=st.booleans())
    def look(self, lost: bool) -> None:  # noqa: FBT001 — as above
        with self._weather(lost=lost):
            services.look_for_payments(gateway=self.account, now=self.now, limit=3)

    @precondition(lambda self: self.told)
    @rule(pick=some)
    def die_at_work(self, pick: int) -> None:
        """A worker took the event and was killed: its lease runs on."""
        GatewayEvent.objects.filter(pk=self.told[pick % len(self.told)], state="WAITING").update(
            attempts=1, next_attempt_at=self.now + LEASE
        )

    @precondition(lambda self: self.told)
    @rule(pick=some)
    def replay(self, pick: int) -> None:
        services.replay_event(
            event_id=self.told[pick % len(self.told)],
            actor_id=UUID(int=7),
            reason="again",
            now=self.now,
        )

    @rule(minutes=st.sampled_from([1, 20, 60 * 25]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        services.expire_top_ups(now=self.now)

    @invariant()
    def nothing_is_credited_that_was_not_captured(self) -> None:
        credited = dict(Payment.objects.values_list("payment_id", "amount_paise"))
        assert set(credited) <= set(self.captured)
        for place, merchant in enumerate(self.merchants):
            mine = [name for name in credited if self.captured[name][0] == place]
            assert purse(merchant) == sum(self.captured[name][1] for name in mine)

    def _come_to_rest(self) -> None:
        """Whatever was lost: one more telling of each payment, and quiet weather."""
        for payment_id in self.captured:
            received(event_body(payment_id), event_id=f"last{payment_id}", now=self.now)
        for _ in range(3):
            self.now += timedelta(hours=7)
            services.handle_due_events(gateway=self.account, now=self.now, limit=1_000)
        assert set(Payment.objects.values_list("pk", flat=True)) == set(self.captured)
        self.nothing_is_credited_that_was_not_captured()

    @contextmanager
    def _weather(self, *, lost: bool) -> Iterator[datetime]:
        """Lose the answer to the next call of the API, or none."""
        if lost:
            self.cloud.order("weather", times=1, after=True)
        yield self.now
        self.cloud.order("weather")


def test_any_order_of_events_credits_each_captured_payment_once(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    TopUps.cloud, TopUps.account = cloud, account
    usual = settings().max_examples

    run_state_machine_as_test(TopUps, settings=settings(max_examples=max(20, usual // 4)))
