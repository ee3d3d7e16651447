"""How a seller is to behave: the ways of the field, by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any


@dataclass(frozen=True)
class Manners:
    """One seller's behaviour; the plain row is a seller that does everything right."""

    # Actions that are acknowledged and never answered.
    silent: tuple[str, ...] = ()
    # Action → code of the NACK it gets.
    nack: Mapping[str, str] = field(default_factory=dict)
    # The next so many requests of `failing` get this HTTP status (429 with Retry-After).
    failures: int = 0
    status: int = 503
    retry_after_s: int = 1
    failing: tuple[str, ...] = ()
    # Before the acknowledgement, and before the callback.
    slow_ack_s: float = 0.0
    slow_callback_s: float = 0.0
    # Each callback is sent so many times more, byte for byte.
    duplicates: int = 0
    # The driver's update leaves before on_confirm; of tickets, the first on_status.
    early: bool = False
    # A ride goes through these; "reversed" has them in another order than they happened. Tickets have no such
    # states: what they were before is told once more after they were used.
    states: tuple[str, ...] = ("ENROUTE_PICKUP", "ARRIVED_PICKUP", "STARTED", "ENDED")
    # What becomes of a confirmed order instead: no_driver, no_driver_error, driver_cancels, seller_cancels.
    turn: str = ""
    # The quote of on_init and later differs from on_select's by so many paise.
    dearer_paise: int = 0
    # The fare at the end differs from the quote by so many paise (toll, waiting).
    extra_paise: int = 0
    # An update in the middle of the ride makes it dearer by so many paise.
    waiting_paise: int = 0
    # wrong (another's key), expired, missing, stranger (a key nobody lists).
    signature: str = ""
    # garbage, oversize, other_action.
    body: str = ""
    # An on_status about an order of nobody follows each on_search.
    unsolicited: bool = False
    # From the choice on, answers bear message ids of their own and not the questions'.
    other_ids: bool = False
    # Another driver comes than the woman who was asked for and promised.
    breaks_promise: bool = False
    # Tickets: a confirmed cancellation is first only taken note of.
    cancels_later: bool = False
    # And it is turned down in the end: the tickets stay good.
    keeps_tickets: bool = False
    # Bus tickets become good when the number of the boarded bus is told.
    boards: bool = False
    # Tickets: a price is good for so many seconds; 0: it is not said for how long.
    quote_s: int = 0
    # Action → code of the error that its callback brings instead of an answer.
    errors: Mapping[str, str] = field(default_factory=dict)
    # Its books show so many paise more than it is asked about; and it leaves out every second order.
    recon_more_paise: int = 0
    recon_leaves_out: bool = False
    # What the settlement agency says it did: SETTLED, NOT_SETTLED, or PENDING and then SETTLED; and how much less.
    settles: str = "SETTLED"
    settles_less_paise: int = 0
    # As in Chalo's logs: the request's own time with a space for the T, and a ttl of two seconds.
    odd_times: bool = False


PLAIN = Manners()
SCENARIOS: Mapping[str, Manners] = {
    "plain": PLAIN,
    "no_driver": Manners(turn="no_driver"),
    "no_driver_error": Manners(turn="no_driver_error"),
    "driver_cancels": Manners(turn="driver_cancels"),
    "silent": Manners(silent=("search", "select", "init", "confirm", "status", "cancel")),
    "silent_confirm": Manners(silent=("confirm",)),
    "silent_confirm_and_status": Manners(silent=("confirm", "status")),
    "duplicates": Manners(duplicates=2),
    "early_update": Manners(early=True),
    "reversed": Manners(states=("STARTED", "ARRIVED_PICKUP", "ENROUTE_PICKUP", "ENDED")),
    "unsolicited": Manners(unsolicited=True),
    "other_ids": Manners(other_ids=True),
    "wrong_signature": Manners(signature="wrong"),
    "expired_signature": Manners(signature="expired"),
    "missing_signature": Manners(signature="missing"),
    "stranger": Manners(signature="stranger"),
    "garbage": Manners(body="garbage"),
    "oversize": Manners(body="oversize"),
    "other_action": Manners(body="other_action"),
    "nack_confirm": Manners(nack={"confirm": "40002"}),
    "nack_select": Manners(nack={"select": "90201"}),
    "throttled": Manners(failures=1, status=429, failing=("select", "init", "confirm")),
    "down": Manners(failures=1_000_000, status=503),
    "slow": Manners(slow_ack_s=1.0, slow_callback_s=1.0),
    "late": Manners(slow_callback_s=31.0),
    "dearer": Manners(dearer_paise=25_00),
    "toll": Manners(extra_paise=35_00),
    "another_driver": Manners(breaks_promise=True),
    "waiting": Manners(waiting_paise=15_00),
    "cancels_later": Manners(cancels_later=True),
    "cancels_never": Manners(cancels_later=True, keeps_tickets=True),
    "boarding": Manners(boards=True),
    "not_served": Manners(errors={"search": "91202"}),
    "seller_cancels": Manners(turn="seller_cancels"),
    "brief_quote": Manners(quote_s=5),
    "confirm_fails": Manners(errors={"confirm": "91207"}),
    "odd_times": Manners(odd_times=True),
    "other_books": Manners(recon_more_paise=50),
    "recon_silent": Manners(silent=("recon", "settle")),
    "settles_later": Manners(settles="PENDING"),
    "settles_not": Manners(settles="NOT_SETTLED"),
}


def ordered(name: str, changed: Mapping[str, Any]) -> Manners:  # Any: JSON that came
    """
    Return a named scenario, with single facts changed.

    Raises:
        KeyError, ValueError: there is none of that name, or no such fact
    """
    known = {each.name for each in fields(Manners)}
    if unknown := sorted(set(changed) - known):
        raise ValueError(f"{', '.join(unknown)}: a seller has {', '.join(sorted(known))}")
    found: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in changed.items()
    }
    return replace(SCENARIOS[name], **found)
