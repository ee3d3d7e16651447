"""No sequence of postings makes, loses or overdraws money: PostgreSQL against a dictionary."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from apps.wallet import selectors, services
from apps.wallet.errors import HoldNotOpen, InsufficientFunds, PostingNotAllowed, WalletFrozen
from apps.wallet.services import Leg
from tests.wallet import scenes
from tests.wallet.scenes import NOON, Merchant, Rider, platform
from uma.kernel.errors import DomainError

Refusal = type[DomainError] | None
CPT, GST, BANK, GOODWILL = (
    platform(name) for name in ("cpt", "gst_cgst", "bank_nodal", "goodwill")
)
PLATFORM_DEBIT_NORMAL = {BANK, GOODWILL}

# Small sets, so that sequences meet; amounts at the edge of what there is, or anything small.
places = st.integers(0, 1)
amounts = st.tuples(st.booleans(), st.integers(-1, 1), st.integers(1, 3_000))
some = st.integers(0, 1_000)


def amount_of(choice: tuple[bool, int, int], edge_paise: int) -> int:
    at_the_edge, beyond_paise, any_paise = choice
    return max(1, edge_paise + beyond_paise) if at_the_edge else any_paise


@dataclass
class HeldMoney:
    merchant: Merchant
    amount_paise: int
    state: str = "OPEN"
    left_paise: int = 0


@dataclass
class Visit:
    """A handshake, and what can still be taken back of each account's share."""

    journal_id: UUID
    merchant: Merchant
    rider: Rider
    left_paise: dict[str, int] = field(default_factory=dict)


class Ledger(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        # Each run is a savepoint of the test's transaction, thrown away at its end.
        self.run_ = transaction.atomic()
        self.run_.__enter__()
        self.merchants = [scenes.make_merchant() for _ in range(2)]
        self.riders = [scenes.make_rider() for _ in range(2)]
        self.balances: dict[str, int] = defaultdict(int)
        self.holds: dict[UUID, HeldMoney] = {}
        self.visits: list[Visit] = []
        self.frozen: set[str] = set()
        # One visit has been: most sequences would not come as far as a reversal by themselves.
        self.top_up(place=0, amount_paise=5_000)
        self.hold(place=0, amount=(False, 0, 3_000))
        self.capture(pick=0, place=0, shares=(300, 300), beyond=0)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.run_.__exit__(None, None, None)

    def try_(self, refusal: Refusal, act: Callable[[], Any]) -> Any:  # Any: what the act returns
        if refusal is None:
            return act()
        with pytest.raises(refusal):
            act()
        return None

    def moved(self, debit: str, credit: str, amount_paise: int) -> None:
        """Book one movement in the dictionary, each account positive on its own side."""
        for code, sign in ((debit, -1), (credit, 1)):
            grows_by_debit = code in PLATFORM_DEBIT_NORMAL or code.startswith("receivable:")
            self.balances[code] += (-sign if grows_by_debit else sign) * amount_paise

    def spending(self, code: str, amount_paise: int) -> Refusal:
        if code in self.frozen:
            return WalletFrozen
        return InsufficientFunds if amount_paise > self.balances[code] else None

    def post(self, refusal: Refusal, kind: str, *legs: Leg, **facts: Any) -> UUID | None:
        journal_id: UUID | None = self.try_(refusal, lambda: scenes.post(kind, *legs, **facts))
        if refusal is None:
            for leg in legs:
                self.moved(leg.debit, leg.credit, leg.amount_paise)
        return journal_id

    @rule(place=places, amount_paise=st.integers(1, 5_000))
    def top_up(self, place: int, amount_paise: int) -> None:
        self.post(None, "topup", Leg(BANK, self.merchants[place].wallet, amount_paise))

    @rule(place=places, amount_paise=st.integers(1, 500))
    def goodwill(self, place: int, amount_paise: int) -> None:
        self.post(None, "goodwill", Leg(GOODWILL, self.riders[place].wallet, amount_paise))

    @rule(place=places, take=st.booleans(), amount=amounts)
    def adjust(self, place: int, take: bool, amount: tuple[bool, int, int]) -> None:  # noqa: FBT001
        purse = self.riders[place].wallet if place else self.merchants[place].wallet
        paise = amount_of(amount, self.balances[purse])
        accounts = (purse, GOODWILL) if take else (GOODWILL, purse)
        self.post(
            self.spending(purse, paise) if take else None, "adjustment", Leg(*accounts, paise)
        )

    @rule(place=places, back=st.booleans(), amount=amounts)
    def park(self, place: int, back: bool, amount: tuple[bool, int, int]) -> None:  # noqa: FBT001
        rider = self.riders[place]
        accounts = (rider.parked, rider.wallet) if back else (rider.wallet, rider.parked)
        amount_paise = amount_of(amount, self.balances[accounts[0]])
        refusal = self.spending(accounts[0], amount_paise)
        self.post(refusal, "unpark" if back else "dispute_open", Leg(*accounts, amount_paise))

    @rule(place=places, amount=amounts)
    def hold(self, place: int, amount: tuple[bool, int, int]) -> None:
        merchant = self.merchants[place]
        amount_paise = amount_of(amount, self.balances[merchant.wallet])
        refusal = self.spending(merchant.wallet, amount_paise)

        hold_id = self.try_(refusal, lambda: scenes.hold(merchant, amount_paise))

        if hold_id is not None:
            self.holds[hold_id] = HeldMoney(merchant, amount_paise)
            self.moved(merchant.wallet, merchant.held, amount_paise)

    @rule(
        pick=some,
        place=places,
        shares=st.tuples(some, some),
        beyond=st.sampled_from([0, 0, 0, -1, 1]),
    )
    def capture(self, pick: int, place: int, shares: tuple[int, int], beyond: int) -> None:
        if not self.holds:
            return
        hold_id, held = list(self.holds.items())[pick % len(self.holds)]
        merchant, rider = held.merchant, self.riders[place]
        fee_paise = held.amount_paise * shares[0] // 3_000
        left_paise = held.amount_paise * shares[1] // 3_000
        cashback_paise = held.amount_paise - 2 * fee_paise - left_paise + beyond
        debt_paise = min(self.balances[rider.receivable], max(cashback_paise, 0))
        wanted = [
            (merchant.held, rider.wallet, cashback_paise),
            (merchant.held, CPT, fee_paise),
            (merchant.held, GST, fee_paise),
            (merchant.held, merchant.released, left_paise),
            (rider.wallet, rider.receivable, debt_paise),
        ]
        legs = [Leg(*leg) for leg in wanted if leg[2] > 0]
        if not any(leg.debit == merchant.held for leg in legs):
            return
        refusal = self.capturing(held, rider, beyond=beyond, debt_paise=debt_paise)

        journal_id = self.post(refusal, "handshake", *legs, hold_id=hold_id)

        if journal_id is not None:
            held.state, held.left_paise = "CAPTURED", left_paise
            shares_paise = {rider.wallet: cashback_paise, CPT: fee_paise, GST: fee_paise}
            self.visits.append(Visit(journal_id, merchant, rider, shares_paise))

    def capturing(self, held: HeldMoney, rider: Rider, *, beyond: int, debt_paise: int) -> Refusal:
        if held.merchant.held in self.frozen:
            return WalletFrozen
        if held.state != "OPEN":
            return HoldNotOpen
        if debt_paise and rider.wallet in self.frozen:
            return WalletFrozen
        return PostingNotAllowed if beyond else None

    @rule(pick=some)
    def release(self, pick: int) -> None:
        if not self.holds:
            return
        hold_id, held = list(self.holds.items())[pick % len(self.holds)]
        merchant = held.merchant
        leg = Leg(merchant.held, merchant.wallet, held.amount_paise)

        # Frozen money may go home: that is no spending.
        refusal = None if held.state == "OPEN" else HoldNotOpen
        if self.post(refusal, "release", leg, hold_id=hold_id) is not None:
            held.state = "RELEASED"

    @rule(limit=st.integers(1, 3))
    def sweep(self, limit: int) -> None:
        unswept = {key: held for key, held in self.holds.items() if held.left_paise}

        swept = scenes.sweep(limit=limit)

        assert len(swept) == min(limit, len(unswept))
        for row in swept:
            held = unswept.pop(row.hold_id)
            assert row.amount_paise == held.left_paise
            self.moved(held.merchant.released, held.merchant.wallet, held.left_paise)
            held.left_paise = 0

    @rule(pick=some, share=st.integers(0, 3), amount=amounts)
    def reverse(self, pick: int, share: int, amount: tuple[bool, int, int]) -> None:
        if not self.visits:
            return
        visit = self.visits[pick % len(self.visits)]
        rider = visit.rider
        source = [rider.wallet, rider.receivable, CPT, GST][share]
        # What the rider got comes back out of the wallet or as a debt, together no more than it was.
        owed_by = rider.wallet if source == rider.receivable else source
        left_paise = visit.left_paise[owed_by]
        amount_paise = amount_of(amount, left_paise)
        refusal = self.spending(source, amount_paise) if source == rider.wallet else None
        if refusal is None and amount_paise > left_paise:
            refusal = PostingNotAllowed
        leg = Leg(source, visit.merchant.wallet, amount_paise)

        self.post(refusal, "handshake_reversal", leg, reverses=visit.journal_id)

        if refusal is None:
            visit.left_paise[owed_by] -= amount_paise

    @rule(place=places)
    def pay_debts(self, place: int) -> None:
        rider = self.riders[place]
        paid_paise = min(self.balances[rider.wallet], self.balances[rider.receivable])
        if rider.wallet in self.frozen:
            # The debt waits.
            paid_paise = 0

        assert scenes.recover_debt(rider) == paid_paise

        self.moved(rider.wallet, rider.receivable, paid_paise)

    @rule(place=places, riders=st.booleans())
    def freeze(self, place: int, riders: bool) -> None:  # noqa: FBT001
        codes = self.purses(place, riders=riders)
        services.freeze(codes=codes, at=NOON)
        self.frozen.update(codes)

    @rule(place=places, riders=st.booleans())
    def unfreeze(self, place: int, riders: bool) -> None:  # noqa: FBT001
        codes = self.purses(place, riders=riders)
        services.unfreeze(codes=codes)
        self.frozen.difference_update(codes)

    def purses(self, place: int, *, riders: bool) -> list[str]:
        if riders:
            return [self.riders[place].wallet]
        return [self.merchants[place].wallet, self.merchants[place].held]

    @invariant()
    def balances_are_the_dictionarys(self) -> None:
        codes = [CPT, GST, BANK, GOODWILL]
        for merchant in self.merchants:
            codes += [merchant.wallet, merchant.held, merchant.released]
        for rider in self.riders:
            codes += [rider.wallet, rider.parked, rider.receivable]

        assert selectors.balances_paise(codes=codes) == {
            code: self.balances[code] for code in codes
        }

    @invariant()
    def nothing_has_drifted(self) -> None:
        assert selectors.find_drift() == []

    @invariant()
    def held_money_is_the_open_holds(self) -> None:
        for merchant in self.merchants:
            assert selectors.held_paise(merchant_id=merchant.id) == sum(
                held.amount_paise
                for held in self.holds.values()
                if held.state == "OPEN" and held.merchant == merchant
            )


@pytest.mark.django_db
@pytest.mark.timeout(900)
def test_no_sequence_of_postings_makes_loses_or_overdraws_money() -> None:
    # An example is twenty-five acts: half as many examples are a dozen times as much to look at.
    chosen = settings(stateful_step_count=25, max_examples=max(25, settings().max_examples // 2))
    run_state_machine_as_test(Ledger, settings=chosen)
