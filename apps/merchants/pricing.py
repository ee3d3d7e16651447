"""What the platform sells to merchants by the period: pure functions from a price to ledger legs."""

from dataclasses import dataclass
from uuid import UUID

from apps.wallet import codes
from apps.wallet.codes import ZoneAccount
from apps.wallet.services import Leg
from uma.kernel.gst import Gst, gst_on


@dataclass(frozen=True, slots=True)
class Bill:
    """A price before tax, and the tax on it, in paise."""

    base_paise: int
    tax: Gst

    @property
    def total_paise(self) -> int:
        return self.base_paise + self.tax.total_paise


def bill(base_paise: int, *, gst_bps: int, inter_state: bool) -> Bill:
    """Return what a price costs with GST, by the states of the platform and the merchant."""
    return Bill(base_paise, gst_on([base_paise], gst_bps=gst_bps, inter_state=inter_state))


def share(base_paise: int, *, part: int, whole: int) -> int:
    """Return `part` of `whole` equal shares of a price, rounded half up (product entry 9b)."""
    assert 0 <= part <= whole
    return (base_paise * part * 2 + whole) // (whole * 2)


def part_back(sold: Bill, returned: Bill, base_paise: int, *, gst_bps: int) -> Bill:
    """
    Return `base_paise` of what was sold with the tax on it, after `returned` went back before.

    The tax is rounded on its own base like any other; the last part takes what is left, so that parts
    never return more tax than was taken.
    """
    left_paise = sold.base_paise - returned.base_paise
    assert 1 <= base_paise <= left_paise
    parts = (sold.tax.cgst_paise, sold.tax.sgst_paise, sold.tax.igst_paise)
    gone = (returned.tax.cgst_paise, returned.tax.sgst_paise, returned.tax.igst_paise)
    left = [had - went for had, went in zip(parts, gone, strict=True)]
    if base_paise == left_paise:
        return Bill(base_paise, Gst(*left))
    own = gst_on([base_paise], gst_bps=gst_bps, inter_state=bool(sold.tax.igst_paise))
    wanted = (own.cgst_paise, own.sgst_paise, own.igst_paise)
    return Bill(base_paise, Gst(*(min(pair) for pair in zip(wanted, left, strict=True))))


def sale_legs(sold: Bill, *, merchant_id: UUID, zone_code: str, income: ZoneAccount) -> list[Leg]:
    """Return how a bill is paid from the merchant's wallet."""
    wallet = codes.merchant_wallet(merchant_id)
    return [Leg(wallet, credit, paise) for credit, paise in _shares(sold, zone_code, income)]


def refund_legs(back: Bill, *, merchant_id: UUID, zone_code: str, income: ZoneAccount) -> list[Leg]:
    """Return how a bill, or a part of one, goes back to the merchant's wallet."""
    wallet = codes.merchant_wallet(merchant_id)
    return [Leg(debit, wallet, paise) for debit, paise in _shares(back, zone_code, income)]


def _shares(part: Bill, zone_code: str, income: ZoneAccount) -> list[tuple[str, int]]:
    shares = [
        (income, part.base_paise),
        (ZoneAccount.GST_CGST, part.tax.cgst_paise),
        (ZoneAccount.GST_SGST, part.tax.sgst_paise),
        (ZoneAccount.GST_IGST, part.tax.igst_paise),
    ]
    return [(codes.zone_account(zone_code, name), paise) for name, paise in shares if paise]
