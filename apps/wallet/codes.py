"""How an account is called: the code says whose money it is and of which kind."""

from enum import StrEnum
from uuid import UUID


class ZoneAccount(StrEnum):
    """The platform's own accounts, one of each in every zone."""

    PG_CLEARING = "pg_clearing"
    BANK_NODAL = "bank_nodal"
    PAYOUT_FLOAT = "payout_float"
    GST_INPUT = "gst_input"
    GST_CGST = "gst_cgst"
    GST_SGST = "gst_sgst"
    GST_IGST = "gst_igst"
    CPT = "cpt"
    CPA = "cpa"
    BOOST = "boost"
    SUBSCRIPTION = "subscription"
    FINDER_FEE = "finder_fee"
    REWARDS = "rewards"
    GOODWILL = "goodwill"
    PG_FEES = "pg_fees"
    PAYOUT_FEES = "payout_fees"
    FRAUD_LOSS = "fraud_loss"
    UNCLAIMED = "unclaimed"
    TICKETS_OWED = "tickets_owed"
    TICKET_REFUNDS = "ticket_refunds"
    RESERVE = "reserve"


def merchant_wallet(merchant_id: UUID) -> str:
    return f"merchant:{merchant_id}:wallet"


def merchant_held(merchant_id: UUID) -> str:
    return f"merchant:{merchant_id}:held"


def merchant_released(merchant_id: UUID) -> str:
    return f"merchant:{merchant_id}:released"


def merchant_refunding(merchant_id: UUID) -> str:
    return f"merchant:{merchant_id}:refunding"


def merchant_receivable(merchant_id: UUID) -> str:
    return f"receivable:merchant:{merchant_id}"


def merchant_accounts(merchant_id: UUID) -> list[str]:
    """Return the codes that a merchant needs before money can move."""
    return [
        merchant_wallet(merchant_id),
        merchant_held(merchant_id),
        merchant_released(merchant_id),
        merchant_refunding(merchant_id),
        merchant_receivable(merchant_id),
    ]


def rider_wallet(rider_id: UUID) -> str:
    return f"rider:{rider_id}:wallet"


def rider_parked(rider_id: UUID) -> str:
    return f"rider:{rider_id}:parked"


def rider_withdrawing(rider_id: UUID) -> str:
    return f"rider:{rider_id}:withdrawing"


def rider_over_limit(rider_id: UUID) -> str:
    """Return the code of what a rider has over the wallet's limits: opened when there first is some."""
    return f"rider:{rider_id}:over_limit"


def rider_receivable(rider_id: UUID) -> str:
    return f"receivable:rider:{rider_id}"


def rider_accounts(rider_id: UUID) -> list[str]:
    """Return the codes that a rider needs before money can move."""
    return [
        rider_wallet(rider_id),
        rider_parked(rider_id),
        rider_withdrawing(rider_id),
        rider_receivable(rider_id),
    ]


def bpp_receivable(participant_id: UUID) -> str:
    """Return the code of what a seller app on the network owes for riders it was sent."""
    return f"receivable:bpp:{participant_id}"


def promo_pool(program: str) -> str:
    return f"promo_pool:{program}"


def zone_account(zone_code: str, name: ZoneAccount | str) -> str:
    """Return the code of the platform's account `name` in a zone; unknown names raise ValueError."""
    return f"zone:{zone_code}:{ZoneAccount(name)}"


def zone_accounts(zone_code: str) -> list[str]:
    """Return the codes of all the platform's accounts in a zone."""
    return [zone_account(zone_code, name) for name in ZoneAccount]
