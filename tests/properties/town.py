"""Two shops, three riders and their money, for a state machine that keeps its own books."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from apps.campaigns.models import FeeSchedule
from apps.handshake import invariants, services
from apps.merchants import services as merchants
from apps.wallet import codes
from apps.wallet import selectors as ledger
from apps.wallet import services as wallet
from tests.factories import (
    NOON,
    fund,
    make_rider,
    make_shop,
    make_zone,
    set_fees,
)
from tests.properties.oracle import Oracle, Purse, Terms, Till, Visit
from tests.wallet.books import NOT_BOOKKEEPING, assert_books_balance
from uma.kernel.errors import DomainError

SHOPS, RIDERS = 2, 3
# Ones, halves that round, the worked example and its neighbours.
CAPS = st.sampled_from([1, 149_99, 150_00, 150_01, 500_00])
FEES = st.sampled_from([0, 1, 5, 6, 33_33, 20_00, 50_00])
STEPS = st.sampled_from(
    [
        timedelta(seconds=1),
        timedelta(minutes=29),
        timedelta(hours=23, minutes=30),
        timedelta(days=2),
    ]
)
WHICH = st.integers(min_value=0, max_value=10_000)
EDGES = st.sampled_from([-1, 0, 1])

# A rider's debt is money that the merchant has back already: until it is paid, the platform's own
# money must stand for it. That is for the treasury to see, and no mistake in the books.
TREASURY = NOT_BOOKKEEPING


def tried(act: Callable[[], Any]) -> tuple[Any, str]:  # Any: whatever the act returns
    """Return what the act returned, and the name of the refusal if it was refused."""
    try:
        return act(), ""
    except DomainError as refusal:
        return None, type(refusal).__name__


# What has really been done, and which refusals were met, over all examples.
happened: Counter[str] = Counter()


def shook(machine: "Town") -> bool:
    return any(one.shook is not None for one in machine.oracle.visits)


class Town(RuleBasedStateMachine):
    """What happens to money without a visit; after every step each balance is compared."""

    def __init__(self) -> None:
        super().__init__()
        # Rolled back after the example. Services that must be outermost accept a test's block.
        self.block = transaction.atomic()
        vars(self.block)["_from_testcase"] = True
        self.block.__enter__()
        self.now = NOON
        # Which visit each key settled, and with which body.
        self.keys: dict[tuple[int, str], tuple[UUID, bytes]] = {}

    def teardown(self) -> None:
        try:
            if hasattr(self, "oracle"):
                assert_books_balance()
                off = [one for one in invariants.find_violations() if one.check not in TREASURY]
                assert off == []
        finally:
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)

    @initialize(
        caps=st.tuples(CAPS, CAPS), cpt=FEES, cpa=FEES, visits=st.integers(0, 3), edge=EDGES
    )
    def open(self, caps: tuple[int, int], cpt: int, cpa: int, visits: int, edge: int) -> None:
        make_zone()
        assert not FeeSchedule.objects.exists()
        set_fees(cpt_fee_paise=cpt, cpa_fee_paise=cpa)
        self.shops = [
            make_shop(f"Shop {cap}", funds_paise=0, cap_paise=cap, cpa_enabled=True) for cap in caps
        ]
        self.riders = [make_rider() for _ in range(RIDERS)]
        self.oracle = Oracle(
            terms=[Terms(cap, cpt, cpa) for cap in caps],
            tills=[Till() for _ in range(SHOPS)],
            purses=[Purse() for _ in range(RIDERS)],
        )
        for shop in range(SHOPS):
            self.fund(shop, visits, edge)

    def does(self, what: str, act: Callable[[], Any], refused: set[str]) -> Any:  # Any: as above
        """Act; hold that it is refused just when a refusal is due, and by one of these names."""
        result, said = tried(act)
        if refused or said:
            assert said in refused, f"{said or 'done'}, due: {refused or 'nothing'}"
        happened[said or what] += 1
        return result

    def pick(self, which: int, *states: str) -> Visit | None:
        found = [one for one in self.oracle.visits if not states or one.state in states]
        return found[which % len(found)] if found else None

    @rule(shop=st.integers(0, SHOPS - 1), visits=st.integers(0, 3), edge=EDGES)
    def fund(self, shop: int, visits: int, edge: int) -> None:
        till, cost = self.oracle.tills[shop], self.oracle.terms[shop].first_visit
        paise = visits * cost + edge - till.wallet
        if paise > 0:
            fund(self.shops[shop].merchant.pk, paise, now=self.now)
            till.wallet += paise

    def settled(self, which: int) -> Visit | None:
        return self.pick(which, "REDEEMED", "DISPUTED", "REVERSED")

    @staticmethod
    def _shook(visit: Visit) -> UUID:
        assert visit.shook is not None
        return visit.shook

    @rule()
    def sweep(self) -> None:
        swept = services.sweep_released(now=self.now, limit=100)
        happened["sweep" if swept else "nothing to sweep"] += 1
        self.oracle.sweep()

    @precondition(lambda self: shook(self) and not any(till.frozen for till in self.oracle.tills))
    @rule(shop=st.integers(0, SHOPS - 1))
    def freeze(self, shop: int) -> None:
        self._set_freeze(shop, frozen=True)

    @precondition(lambda self: any(till.frozen for till in self.oracle.tills))
    @rule()
    def thaw(self) -> None:
        for shop, till in enumerate(self.oracle.tills):
            if till.frozen:
                self._set_freeze(shop, frozen=False)

    def _set_freeze(self, shop: int, *, frozen: bool) -> None:
        act = merchants.freeze_wallet if frozen else merchants.unfreeze_wallet
        act(merchant_id=self.shops[shop].merchant.pk, actor_id=None, reason="asked", now=self.now)
        self.oracle.tills[shop].frozen = frozen
        happened["freeze" if frozen else "thaw"] += 1

    @rule(rider=st.integers(0, RIDERS - 1), edge=st.sampled_from([0, 1]))
    def spend(self, rider: int, edge: int) -> None:
        """Put the rider's money out of reach, so that a reversal becomes a debt."""
        paise = self.oracle.purses[rider].wallet - edge
        if paise > 0:
            person = self.riders[rider].pk
            wallet.post(
                kind="dispute_open",
                reference=f"spent:{uuid4()}",
                legs=[wallet.Leg(codes.rider_wallet(person), codes.rider_parked(person), paise)],
                zone_code="MNP",
                event_at=self.now,
                actor_id=None,
            )
            self.oracle.spend(rider, paise)
            happened["spend"] += 1

    @rule(by=STEPS)
    def time_passes(self, by: timedelta) -> None:
        self.now += by

    @invariant()
    def every_balance_is_what_it_must_be(self) -> None:
        if not hasattr(self, "oracle"):
            return
        due: dict[str, int] = {}
        for rider, purse in zip(self.riders, self.oracle.purses, strict=True):
            due[codes.rider_wallet(rider.pk)] = purse.wallet
            due[codes.rider_parked(rider.pk)] = purse.parked
            due[codes.rider_receivable(rider.pk)] = purse.debt
        for shop, till in zip(self.shops, self.oracle.tills, strict=True):
            due[codes.merchant_wallet(shop.merchant.pk)] = till.wallet
            due[codes.merchant_held(shop.merchant.pk)] = till.held
            due[codes.merchant_released(shop.merchant.pk)] = till.released
        assert ledger.balances_paise(codes=list(due)) == due
