"""A seller's books: what it answers when the buyer app asks whether both see the same money (RSF 2.0)."""

import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from apps.sandbox.ondc.sellers import Request, Seller

MONEY, MONEY_VERSIONS = "ONDC:NTS10", ("2.0.0",)
Json = dict[str, Any]  # Any: JSON documents
_PARTS = ("amount", "commission", "withholding_amount", "tcs", "tds")


class Books:
    """What one seller thinks of orders' money: the buyer's amounts, or others as its manners say."""

    def __init__(self, seller: "Seller") -> None:
        self.seller = seller

    def asked(self, request: "Request") -> None:
        """Answer a `recon`: agreed, or what is seen instead and by how much it differs."""
        manners = self.seller.manners
        orders = [self._seen(order) for order in request.message["orders"]]
        if manners.recon_leaves_out:
            orders = orders[::2]
        self.seller.call_back(request, "on_recon", {"orders": orders})

    def _seen(self, asked: Json) -> Json:
        more = self.seller.manners.recon_more_paise
        order = copy.deepcopy(asked) | {"recon_accord": not more}
        if more:
            order["amount"]["value"] = plus(order["amount"]["value"], more)
            for settlement in order["settlements"]:
                for name in _PARTS:
                    settlement[name]["diff_value"] = "0.00"
                for name in ("amount", "commission"):
                    settlement[name]["value"] = plus(settlement[name]["value"], more)
                    settlement[name]["diff_value"] = plus("0", abs(more))
        return order


def plus(rupees: str, paise: int) -> str:
    """Return an amount with so many paise more, as it is written on the network."""
    whole, _, part = rupees.partition(".")
    total = int(whole) * 100 + int(part.ljust(2, "0")[:2] or 0) + paise
    return f"{total // 100}.{total % 100:02}"
