"""The platform as the seller: its name, address and GST registration in a zone."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.accounts import services as accounts
from apps.merchants import selectors as merchants
from apps.payments.errors import SellerInvalid
from apps.payments.models import Seller
from uma.kernel.gstin import Gstin

# Advertising on the internet, and what is sold with it: the groups of chapter 99 that a tax adviser
# confirms before the first invoice goes out.
ADVERTISING_SAC, SUBSCRIPTION_SAC = "998365", "998365"


@transaction.atomic
def set_seller(
    *,
    zone_code: str,
    legal_name: str,
    address: str,
    gstin: str,
    series: str,
    effective_from: datetime,
    actor_id: UUID | None,
    now: datetime,
    advertising_sac: str = ADVERTISING_SAC,
    subscription_sac: str = SUBSCRIPTION_SAC,
    reason: str = "",
) -> Seller:
    """
    Say who sells in a zone from an instant on; documents that were issued keep what they say.

    Raises:
        UnknownZone, SellerInvalid: the GSTIN is none, or not of the state where the platform is registered
            for the zone
    """
    zone = merchants.zone(code=zone_code)
    try:
        registered = Gstin.parse(gstin)
    except ValueError as wrong:
        raise SellerInvalid(str(wrong)) from None
    if registered.state_code != zone.platform_state_code:
        raise SellerInvalid(
            f"The zone's tax is that of state {zone.platform_state_code}, the GSTIN's is another."
        )
    seller = Seller(
        zone=zone,
        effective_from=effective_from,
        legal_name=legal_name.strip(),
        address=address.strip(),
        gstin=gstin,
        series=series,
        advertising_sac=advertising_sac,
        subscription_sac=subscription_sac,
    )
    _check(seller)
    seller.save(force_insert=True)
    accounts.record(
        action="seller.set",
        object_type="zone",
        object_id=zone_code,
        actor_id=actor_id,
        at=now,
        reason=reason,
        after={"gstin": gstin, "series": series, "effective_from": effective_from.isoformat()},
    )
    return seller


def _check(seller: Seller) -> None:
    """Refuse what the table's own constraints would refuse, with a sentence."""
    from_then = Seller.objects.filter(zone=seller.zone, effective_from=seller.effective_from)
    if from_then.exists():
        raise SellerInvalid("Somebody sells there from this very instant on already.")
    if not seller.legal_name or not seller.address:
        raise SellerInvalid("A document names the seller and where it is.")
    if not 2 <= len(seller.series) <= 4 or not _is_code(seller.series):  # noqa: PLR2004 — the column
        raise SellerInvalid("A series is two to four capital letters and digits.")
    for sac in (seller.advertising_sac, seller.subscription_sac):
        if len(sac) != 6 or not sac.startswith("99") or not sac.isdigit():  # noqa: PLR2004 — likewise
            raise SellerInvalid(f"{sac!r} is no code of a service: 99 and four digits.")


def _is_code(text: str) -> bool:
    return text.isascii() and text.isalnum() and text == text.upper()
