"""What must be true of all bookings together, and no constraint of one row can say."""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

# Each finds bookings that break it. The hold in the ledger has the booking's id.
_BROKEN = {
    "rider-exists": """
        SELECT b.id FROM rides_booking b
          LEFT JOIN accounts_user r ON r.id = b.rider_id WHERE r.id IS NULL""",
    "merchant-exists": """
        SELECT b.id FROM rides_booking b
          LEFT JOIN merchants_merchant m ON m.id = b.merchant_id WHERE m.id IS NULL""",
    "outlet-is-the-merchants-and-in-its-zone": """
        SELECT b.id FROM rides_booking b
          LEFT JOIN merchants_outlet o
            ON o.id = b.outlet_id AND o.merchant_id = b.merchant_id AND o.zone_id = b.zone_code
         WHERE o.id IS NULL""",
    "campaign-is-the-merchants": """
        SELECT b.id FROM rides_booking b
          LEFT JOIN campaigns_campaign c ON c.id = b.campaign_id AND c.merchant_id = b.merchant_id
         WHERE c.id IS NULL""",
    "held-is-what-was-sold": """
        SELECT b.id FROM rides_booking b
          LEFT JOIN wallet_hold h ON h.id = b.id AND h.amount_paise = b.max_cost_paise
         WHERE h.id IS NULL""",
    "hold-agrees-with-state": """
        SELECT b.id FROM rides_booking b JOIN wallet_hold h ON h.id = b.id
         WHERE h.state <> CASE b.state
             WHEN 'BOOKED' THEN 'OPEN'
             WHEN 'EXPIRED' THEN 'RELEASED'
             WHEN 'CANCELLED' THEN 'RELEASED'
             WHEN 'VOIDED' THEN 'RELEASED'
             ELSE 'CAPTURED' END""",
    "every-hold-has-its-booking": """
        SELECT h.id FROM wallet_hold h
          LEFT JOIN rides_booking b ON b.id = h.id WHERE b.id IS NULL""",
}


@dataclass(frozen=True, slots=True)
class Violation:
    """One booking (or hold) that breaks one rule."""

    rule: str
    booking_id: UUID


def find_violations(*, limit: int = 100) -> list[Violation]:
    """Return up to `limit` violations of each rule that holds of all bookings together."""
    found: list[Violation] = []
    with connection.cursor() as cursor:
        for rule, query in _BROKEN.items():
            cursor.execute(f"{query} LIMIT %s", [limit])
            found += [Violation(rule, booking_id) for (booking_id,) in cursor.fetchall()]
    return found
