"""How a merchant knows a rider: by a name that only this merchant sees, the same each time."""

from uuid import UUID, uuid5


def pseudonym_id(*, merchant_id: UUID, rider_id: UUID) -> UUID:
    """Return the identifier under which this merchant, and no other, knows this rider."""
    return uuid5(rider_id, str(merchant_id))


def pseudonym(*, merchant_id: UUID, rider_id: UUID) -> str:
    """Return the name under which this merchant knows this rider: `Guest 7F3A2C`."""
    return f"Guest {pseudonym_id(merchant_id=merchant_id, rider_id=rider_id).hex[:6].upper()}"
