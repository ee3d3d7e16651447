"""What the ledger keeps about a rider: money under a bare id, never a name."""

from datetime import datetime
from uuid import UUID

from apps.wallet import codes, selectors
from apps.wallet.models import Account
from uma.kernel.money import rupees
from uma.kernel.personal_data import Obstacle

SECTION = "Wallet"
_EVER = 10_000


def export(*, person_id: UUID) -> dict[str, object]:
    """Return the rider's purses and each movement of the wallet."""
    purses = selectors.purses(
        codes=[*codes.rider_accounts(person_id), codes.rider_over_limit(person_id)]
    )
    wallet = codes.rider_wallet(person_id)
    lines = selectors.statement(code=wallet, limit=_EVER) if wallet in purses else []
    return {
        **{code.rpartition(":")[2]: rupees(purse.balance_paise) for code, purse in purses.items()},
        "movements": [
            {
                "at": line.event_at,
                "kind": line.kind,
                "rupees": rupees(line.delta_paise),
                "balance": rupees(line.balance_after_paise),
            }
            for line in lines
        ],
    }


def obstacles(*, person_id: UUID, now: datetime) -> list[Obstacle]:  # noqa: ARG001 — the protocol's
    """Return the money that is still owed to the rider, or by the rider."""
    reasons = {
        codes.rider_wallet(person_id): ("balance_left", "₹{} is yours: withdraw it first."),
        codes.rider_parked(person_id): ("money_parked", "₹{} waits for a decision."),
        codes.rider_over_limit(person_id): (
            "money_over_limit",
            "₹{} is over your wallet's limit: withdraw, or raise your KYC, and it comes back to you.",
        ),
        codes.rider_withdrawing(person_id): ("withdrawal_under_way", "₹{} is on its way to you."),
        codes.rider_receivable(person_id): ("debt_open", "₹{} is owed to UMA."),
    }
    balances = Account.objects.filter(code__in=reasons, balance_paise__gt=0).order_by("code")
    return [
        Obstacle(reasons[code][0], reasons[code][1].format(rupees(paise)), amount_paise=paise)
        for code, paise in balances.values_list("code", "balance_paise")
    ]


def erase(*, person_id: UUID, now: datetime) -> None:
    """Erase nothing: the books are kept for eight years (Companies Act 2013, section 128) by bare ids."""
