"""
What visits must do to everybody's money, worked out with plain integers and nothing of the product.

The state machine in test_handshake.py asks it what each act must answer, and compares every
balance after every step.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

FREE_CANCEL = timedelta(minutes=30)
DISPUTED_WITHIN = timedelta(days=14)


def half_up(paise: int, bps: int) -> int:
    return (paise * bps + 5_000) // 10_000


@dataclass(frozen=True)
class Terms:
    """What a shop's visits cost, in paise; the tax is two halves of 9 %, each on each fee."""

    cap: int
    cpt: int
    cpa: int

    @staticmethod
    def taxed(fee: int) -> int:
        return fee + 2 * half_up(fee, 900)

    @property
    def first_visit(self) -> int:
        return self.cap + self.taxed(self.cpt) + self.taxed(self.cpa)

    @property
    def later_visit(self) -> int:
        return self.cap + self.taxed(self.cpt)


@dataclass
class Purse:
    """A rider's money: at hand, parked until somebody decides, and owed after a reversal."""

    wallet: int = 0
    parked: int = 0
    debt: int = 0


@dataclass
class Till:
    """A merchant's money: at hand, held for bookings, and left over from holds until swept."""

    wallet: int = 0
    held: int = 0
    released: int = 0
    frozen: bool = False


@dataclass
class Visit:
    """A booking and what became of it; `shook` is the handshake's id once there is one."""

    booking: UUID
    shop: int
    rider: int
    expires: datetime
    state: str = "BOOKED"
    shook: UUID | None = None
    settled_at: datetime | None = None
    fees: int = 0
    reversed: int = 0
    waits: bool = False
    announced: bool = False
    disputed: bool = False
    parked: int = 0


@dataclass
class Oracle:
    """The books as they must be. A method changes them and returns the refusal that is due, if any."""

    terms: list[Terms]
    tills: list[Till]
    purses: list[Purse]
    visits: list[Visit] = field(default_factory=list)
    first: dict[tuple[int, int], UUID] = field(default_factory=dict)
    spent: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    def live(self, rider: int) -> list[Visit]:
        return [one for one in self.visits if one.rider == rider and one.state == "BOOKED"]

    def refused_booking(self, shop: int, rider: int) -> set[str]:
        live, till = self.live(rider), self.tills[shop]
        if len(live) >= 2:
            return {"LiveLimitReached"}
        if any(one.shop == shop for one in live):
            return {"AlreadyBookedHere"}
        money = {"WalletFrozen"} if till.frozen else set()
        return money | ({"DealNotFunded"} if till.wallet < self.terms[shop].first_visit else set())

    def book(self, visit: Visit) -> None:
        self._move_till(visit.shop, wallet=-1, held=1, paise=self.terms[visit.shop].first_visit)
        self.visits.append(visit)

    @staticmethod
    def refused_ending(visit: Visit, now: datetime) -> str | None:
        # A freeze keeps no booking alive: the money goes back to its frozen owner.
        return "BookingNotLive" if visit.state != "BOOKED" or visit.expires <= now else None

    def end(self, visit: Visit, state: str) -> None:
        self._move_till(visit.shop, wallet=1, held=-1, paise=self.terms[visit.shop].first_visit)
        visit.state = state

    def refused_scan(self, visit: Visit, now: datetime) -> str | None:
        if visit.state != "BOOKED":
            return "BookingNotLive"
        if visit.expires <= now:
            return "BookingExpired"
        return "WalletFrozen" if self.tills[visit.shop].frozen else None

    def settle(self, visit: Visit, shook: UUID, *, far: bool, now: datetime) -> int:
        """Return what the merchant pays."""
        terms, place = self.terms[visit.shop], (visit.shop, visit.rider)
        new = place not in self.first
        cost = terms.first_visit if new else terms.later_visit
        self.first.setdefault(place, visit.booking)
        till, purse = self.tills[visit.shop], self.purses[visit.rider]
        till.held -= terms.first_visit
        till.released += terms.first_visit - cost
        if far:
            purse.parked += terms.cap
        else:
            purse.wallet += terms.cap
        visit.state, visit.shook, visit.settled_at = "REDEEMED", shook, now
        visit.fees, visit.waits = cost - terms.cap, far
        return cost

    def left(self, visit: Visit) -> int:
        return self.terms[visit.shop].cap - visit.reversed

    def refused_reversal(self, visit: Visit, paise: int | None) -> str | None:
        if visit.state != "REDEEMED":
            return "NotReversible"
        if paise is None:
            return None if self.left(visit) + visit.fees else "NotReversible"
        return "ReversalTooLarge" if paise > self.left(visit) else None

    def reverse(self, visit: Visit, paise: int | None) -> None:
        back = self.left(visit) if paise is None else paise
        purse, till = self.purses[visit.rider], self.tills[visit.shop]
        parked = min(back, purse.parked) if visit.waits else 0
        at_hand = min(back - parked, purse.wallet)
        purse.parked -= parked
        purse.wallet -= at_hand
        purse.debt += back - parked - at_hand
        till.wallet += back + (visit.fees if paise is None else 0)
        visit.reversed += back
        if paise is None:
            visit.state = "REVERSED"
            if self.first.get((visit.shop, visit.rider)) == visit.booking:
                del self.first[visit.shop, visit.rider]

    def announce(self, visit: Visit) -> None:
        """Telling the rider also pays what the rider owes."""
        if visit.announced:
            return
        purse = self.purses[visit.rider]
        paid = min(purse.wallet, purse.debt)
        purse.wallet -= paid
        purse.debt -= paid
        visit.announced = True

    def refused_dispute(self, visit: Visit, now: datetime) -> str | None:
        assert visit.settled_at is not None
        if now > visit.settled_at + DISPUTED_WITHIN:
            return "DisputeTooLate"
        return "NotDisputable" if visit.state != "REDEEMED" or visit.disputed else None

    def dispute(self, visit: Visit) -> None:
        purse = self.purses[visit.rider]
        if visit.waits:
            visit.parked = self.left(visit)
        else:
            visit.parked = min(self.left(visit), purse.wallet)
            purse.wallet -= visit.parked
            purse.parked += visit.parked
        visit.state, visit.disputed = "DISPUTED", True

    def decide(self, visit: Visit, *, for_merchant: bool) -> None:
        self.purses[visit.rider].parked -= visit.parked
        if for_merchant:
            self.tills[visit.shop].wallet += visit.parked
            visit.reversed += visit.parked
        else:
            self.purses[visit.rider].wallet += visit.parked
        visit.state = "REVERSED" if for_merchant else "REDEEMED"
        visit.waits = False

    def approve(self, visit: Visit) -> None:
        purse = self.purses[visit.rider]
        purse.parked -= self.left(visit)
        purse.wallet += self.left(visit)
        visit.waits = False

    def spend(self, rider: int, paise: int) -> None:
        """Put money out of reach of a reversal, as spending it would."""
        self.purses[rider].wallet -= paise
        self.purses[rider].parked += paise
        self.spent[rider] += paise

    def sweep(self) -> None:
        for till in self.tills:
            till.wallet += till.released
            till.released = 0

    def _move_till(self, shop: int, *, wallet: int, held: int, paise: int) -> None:
        self.tills[shop].wallet += wallet * paise
        self.tills[shop].held += held * paise
