"""Who is not shown a deal, so that its effect can be measured: drawn for each campaign by a keyed hash."""

from hashlib import blake2b
from uuid import UUID

from uma.kernel.money import BPS

# Below the first too few are held out to tell anything (product rule 3); above the second a merchant
# would pay for a campaign that most people cannot see.
LEAST_BPS, MOST_BPS = 5_00, 50_00
_BYTES = 8


def is_held_out(*, person_id: UUID, holdout_bps: int, salt: UUID | None) -> bool:
    """
    Say whether a campaign that holds out `holdout_bps` of 10,000 is not shown to this person.

    The same answer for ever, without a table; another campaign's salt draws anew. Whoever knows a
    person's id and not the salt cannot tell.
    """
    if not holdout_bps or salt is None:
        return False
    drawn = blake2b(person_id.bytes, key=salt.bytes, digest_size=_BYTES).digest()
    return int.from_bytes(drawn) % BPS < holdout_bps
