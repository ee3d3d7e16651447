"""The shops whose catalogues the pretended seller of food tells, by city: those of the demo city, and others."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Shop:
    """A shop: its id at the seller, where it is, when it is open each day, and what it has at what price."""

    id: str
    name: str
    about: str
    gps: str
    opens: str
    closes: str
    menu: tuple[tuple[str, str], ...]


CITIES: dict[str, tuple[Shop, ...]] = {
    "std:0820": (
        Shop(
            "S1", "Laterite Coffee Room", "Coffee, Breakfast", "13.352500,74.792600", "0700", "2300",
            (
                ("Filter Coffee", "40.00"), ("Buns with Coconut Chutney", "55.00"),
                ("Cold Brew", "120.00"), ("Jackfruit Cake", "95.00"),
            ),
        ),
        Shop(
            "S2", "Two Ladles Tiffin", "South Indian", "13.350700,74.788900", "0630", "2230",
            (
                ("Masala Dosa", "70.00"), ("Idli Vada", "50.00"), ("Neer Dosa", "60.00"),
                ("Curd Rice", "65.00"), ("Pineapple Sheera", "45.00"),
            ),
        ),
        Shop(
            "S3", "Cold Coconut Juices", "Juices, Shakes", "13.346200,74.790100", "0900", "2330",
            (("Tender Coconut Shake", "80.00"), ("Watermelon Juice", "50.00")),
        ),
        Shop(
            "S4", "Night Owl Noodles", "Chinese, Late night", "13.344900,74.796200", "1700", "0200",
            (("Hakka Noodles", "130.00"), ("Gobi Manchurian", "110.00"), ("Hot Sour Soup", "75.00")),
        ),
        Shop(
            "S5", "Corner Bakehouse", "Bakery", "13.359800,74.782300", "0800", "2100",
            (("Egg Puff", "25.00"), ("Plum Slice", "60.00"), ("Rusk, 200 g", "45.00")),
        ),
        # On the network, and no merchant of the demo city.
        Shop(
            "S6", "Ghat Road Chaat", "Street food", "13.356900,74.780200", "1500", "2200",
            (("Pani Puri", "40.00"), ("Sev Puri", "50.00")),
        ),
    ),
    "std:080": (
        Shop(
            "S11", "Filter and Foam", "Coffee", "12.975200,77.604500", "0700", "2300",
            (("Filter Coffee", "60.00"), ("Banana Bread", "110.00")),
        ),
        Shop(
            "S12", "Fourth Block Dosa", "South Indian", "12.928700,77.583400", "0630", "2200",
            (("Benne Dosa", "85.00"), ("Khara Bath", "60.00")),
        ),
        Shop(
            "S13", "Silk Board Momos", "Tibetan, Fast food", "12.916600,77.610100", "1100", "2330",
            (("Steamed Momos, 8", "90.00"), ("Thukpa", "140.00")),
        ),
        Shop(
            "S14", "Fifth Block Biryani", "Biryani", "12.934500,77.620100", "1100", "2330",
            (("Donne Biryani", "220.00"), ("Vegetable Biryani", "180.00")),
        ),
    ),
}  # fmt: skip
