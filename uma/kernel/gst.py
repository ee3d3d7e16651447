"""GST on what the platform sells: pure functions in integer paise."""

from collections.abc import Iterable
from dataclasses import dataclass

from uma.kernel.money import share_bps


@dataclass(frozen=True, slots=True)
class Gst:
    """The tax on one or more fees, in paise: central and state halves, or the integrated one."""

    cgst_paise: int = 0
    sgst_paise: int = 0
    igst_paise: int = 0

    @property
    def total_paise(self) -> int:
        return self.cgst_paise + self.sgst_paise + self.igst_paise


def gst_on(bases_paise: Iterable[int], *, gst_bps: int, inter_state: bool) -> Gst:
    """
    Return the tax on each fee of `bases_paise`, each rounded half up on its own base, summed.

    Inside one state half the rate is central and half is the state's; between two states it is
    integrated (IGST Act 2017, section 7; CGST Act 2017, section 8).
    """
    fees = list(bases_paise)
    if inter_state:
        return Gst(igst_paise=sum(share_bps(fee, gst_bps) for fee in fees))
    assert gst_bps % 2 == 0, "the central and the state's rate are equal"
    half = sum(share_bps(fee, gst_bps // 2) for fee in fees)
    return Gst(cgst_paise=half, sgst_paise=half)
