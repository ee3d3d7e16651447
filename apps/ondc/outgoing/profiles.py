"""
What differs between the versions of a domain, and between participants: data, not branches.

A builder asks the profile; a version that drifts is a changed row here and a changed canonical
message in the tests. The version is the counterparty's own, from the context of its on_search.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from apps.ondc.outgoing.context import Json
from apps.ondc.outgoing.forms import tags

RIDES = "ONDC:TRV10"
TRANSIT = "ONDC:TRV11"
RETAIL = "ONDC:RET11"

FEE = "BUYER_FINDER_FEES_PERCENTAGE"
FEE_TYPE = "BUYER_FINDER_FEES_TYPE"
AMOUNT = "SETTLEMENT_AMOUNT"
WINDOW, BASIS = "SETTLEMENT_WINDOW", "SETTLEMENT_BASIS"
_BANK = ("SETTLEMENT_BANK_CODE", "SETTLEMENT_BANK_ACCOUNT_NUMBER")
_VPA = "SETTLEMENT_VIRTUAL_PAYMENT_ADDRESS"


class UnknownVersion(ValueError):
    """A counterparty speaks a version that has no profile: nothing is sent to it."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Our commercial terms, offered in every search and repeated in init and confirm."""

    static_terms: str
    finder_fee_percent: str = "1"
    delay_interest: str = "5"
    settlement_window: str = "PT60M"
    settlement_basis: str = "DELIVERY"
    settlement_type: str = "UPI"
    court: str = "New Delhi"
    bank_code: str = ""
    bank_account: str = ""
    payment_address: str = ""

    @property
    def finder_fee_bps(self) -> int:
        """Our share of a fare in hundredths of a percent."""
        whole, _, part = self.finder_fee_percent.partition(".")
        return int(whole) * 100 + int((part + "00")[:2])

    def values(self, *, settlement_amount: str = "") -> dict[str, str]:
        """Return every term by the code that the network gives it; what we do not have is absent."""
        every = {
            FEE: self.finder_fee_percent,
            FEE_TYPE: "percent",
            WINDOW: self.settlement_window,
            BASIS: self.settlement_basis,
            "SETTLEMENT_TYPE": self.settlement_type,
            "MANDATORY_ARBITRATION": "true",
            "COURT_JURISDICTION": self.court,
            "DELAY_INTEREST": self.delay_interest,
            "STATIC_TERMS": self.static_terms,
            AMOUNT: settlement_amount,
            _BANK[0]: self.bank_code,
            _BANK[1]: self.bank_account,
            _VPA: self.payment_address,
        }
        return {code: value for code, value in every.items() if value}

    def bank(self) -> Json:
        """Return where we are paid, as a payment's parameters."""
        every = {
            "bank_code": self.bank_code,
            "bank_account_number": self.bank_account,
            "virtual_payment_address": self.payment_address,
        }
        return {name: value for name, value in every.items() if value}


@dataclass(frozen=True, slots=True)
class Profile:
    """One version of one domain. Terms stand in the order that the accepted messages have."""

    domain: str
    version: str
    # On the order (BAP_TERMS, BPP_TERMS) or on the payment (two groups).
    terms_on_order: bool
    search_terms: tuple[str, ...]
    order_terms: tuple[str, ...]
    # Our bank details among the payment's parameters, when the rider pays the driver.
    bank_in_params: bool = False
    # Rentals, stops between and bids came with the categories.
    has_category: bool = False
    has_updates: bool = True
    # A woman as driver may be asked for: one version knows it (ondc.md 6.5, 13).
    has_woman_driver: bool = False
    # Modes for which window and basis are ours to say at init; the others repeat the seller's.
    window_ours: frozenset[str] = frozenset()
    ratings: Mapping[str, str] = field(default_factory=dict)

    def terms(self, codes: tuple[str, ...], values: Mapping[str, str]) -> list[Json]:
        """Return the groups of tags that hold these terms, in this version's shape."""
        chosen = {code: values[code] for code in codes if code in values}
        if self.terms_on_order:
            return [tags("BAP_TERMS", chosen, name="BAP Terms of Engagement")]
        fees = {code: value for code, value in chosen.items() if code in (FEE, FEE_TYPE)}
        rest = {code: value for code, value in chosen.items() if code not in fees}
        return [tags("BUYER_FINDER_FEES", fees), tags("SETTLEMENT_TERMS", rest)]


_RIDE_SEARCH = (FEE, "DELAY_INTEREST", "STATIC_TERMS")
_RIDE_ORDER = (
    FEE,
    WINDOW,
    BASIS,
    "SETTLEMENT_TYPE",
    "MANDATORY_ARBITRATION",
    "COURT_JURISDICTION",
    "DELAY_INTEREST",
    "STATIC_TERMS",
    AMOUNT,
)
_TICKET_ORDER = (
    AMOUNT,
    "SETTLEMENT_TYPE",
    "DELAY_INTEREST",
    "STATIC_TERMS",
    "MANDATORY_ARBITRATION",
    "COURT_JURISDICTION",
    WINDOW,
    BASIS,
)
_KINDS = ("ITEM", "ORDER", "FULFILLMENT", "PROVIDER", "AGENT", "SUPPORT")
_SHOUTED = {kind: kind for kind in _KINDS}
_SPOKEN = {kind: kind.capitalize() for kind in _KINDS}

_ROWS = (
    Profile(
        RIDES, "2.0.0", terms_on_order=False, bank_in_params=True, has_updates=False,
        search_terms=_RIDE_SEARCH, order_terms=_RIDE_ORDER, ratings=_SHOUTED | {"AGENT": "DRIVER"},
    ),
    Profile(
        RIDES, "2.0.1", terms_on_order=False, bank_in_params=True, has_woman_driver=True,
        search_terms=_RIDE_SEARCH, order_terms=_RIDE_ORDER, ratings=_SHOUTED,
    ),
    Profile(
        RIDES, "2.1.0", terms_on_order=True, has_category=True, ratings=_SPOKEN,
        search_terms=_RIDE_SEARCH, order_terms=(*_RIDE_ORDER, *_BANK, _VPA),
    ),
    Profile(
        TRANSIT, "2.0.0", terms_on_order=False, has_updates=False,
        search_terms=(FEE, FEE_TYPE, "DELAY_INTEREST", "STATIC_TERMS"),
        order_terms=(FEE, FEE_TYPE, *_TICKET_ORDER), window_ours=frozenset({"BUS", "METRO"}),
        ratings=_SHOUTED,
    ),
    Profile(
        TRANSIT, "2.0.1", terms_on_order=False, window_ours=frozenset({"BUS"}),
        search_terms=(FEE, "DELAY_INTEREST", "STATIC_TERMS"),
        order_terms=(FEE, *_TICKET_ORDER), ratings=_SHOUTED,
    ),
    Profile(
        TRANSIT, "2.1.0", terms_on_order=True, window_ours=frozenset({"BUS"}),
        search_terms=(FEE, "STATIC_TERMS", "DELAY_INTEREST"),
        order_terms=(FEE, *_TICKET_ORDER), ratings=_SPOKEN,
    ),
)  # fmt: skip
PROFILES: Mapping[tuple[str, str], Profile] = {(row.domain, row.version): row for row in _ROWS}


def profile(*, domain: str, version: str) -> Profile:
    """
    Return how a version of a domain is spoken.

    Raises:
        UnknownVersion
    """
    found = PROFILES.get((domain, version))
    if found is None:
        raise UnknownVersion(f"{domain} {version}")
    return found


@dataclass(frozen=True, slots=True)
class Manners:
    """How one participant differs from its version: found by the id it signs with."""

    # Namma Yatri looks for drivers at select and answers when one offers (ondc.md 6.7).
    quote_within: timedelta = timedelta(seconds=30)
    # It wants the variant beside the category, always.
    needs_variant: bool = False


_PARTICIPANTS: tuple[tuple[str, Manners], ...] = (
    ("nammayatri", Manners(quote_within=timedelta(seconds=120), needs_variant=True)),
)


def manners(participant_id: str) -> Manners:
    """Return how this participant wants to be spoken to; what is unknown behaves."""
    bare = participant_id.lower().replace("-", "").replace(".", "")
    return next((row for name, row in _PARTICIPANTS if name in bare), Manners())
