"""What analysts may take away of bookings."""

from uma.kernel.datasets import Column, Dataset, Kind

BOOKINGS = Dataset(
    name="bookings",
    version=1,
    about="Deals that riders booked, and what became of each.",
    columns=(
        Column("id", Kind.CODE, "b.id", "Identifier of the booking"),
        Column("ref", Kind.CODE, "b.ref", "What rider and counter call it"),
        Column("booked_at", Kind.TIME, "b.booked_at", "When it was booked"),
        Column("expires_at", Kind.TIME, "b.expires_at", "Until when it may be redeemed"),
        Column("redeemed_at", Kind.TIME, "b.redeemed_at", "When it was redeemed"),
        Column("state", Kind.CODE, "b.state", "What became of it"),
        Column("zone", Kind.CODE, "b.zone_code", "City zone"),
        Column("merchant_id", Kind.CODE, "b.merchant_id", "Merchant"),
        Column("merchant", Kind.TEXT, "b.merchant_name", "Name of the shop at the time"),
        Column("outlet_id", Kind.CODE, "b.outlet_id", "Outlet"),
        Column("campaign_id", Kind.CODE, "b.campaign_id", "Campaign"),
        Column(
            "revision", Kind.INTEGER, "b.revision", "Revision of the campaign that holds for it"
        ),
        Column("title", Kind.TEXT, "b.title", "The deal as it was offered"),
        Column("rider_id", Kind.CODE, "b.rider_id", "Pseudonym of the rider"),
        Column("basis", Kind.CODE, "b.basis", "How the fare is given back"),
        Column("cap", Kind.PAISE, "b.cap_paise", "Most that is given back"),
        Column("reserved", Kind.PAISE, "b.max_cost_paise", "What the merchant had on hold for it"),
        Column("void_reason", Kind.TEXT, "b.void_reason", "Why it was voided"),
    ),
    source="rides_booking b",
    key="b.id",
    at="b.booked_at",
    zone="b.zone_code",
    model="rides.booking",
    permission="rides.view_booking",
    filters={"zone_code__exact": "b.zone_code", "state__exact": "b.state"},
)
