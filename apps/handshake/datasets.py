"""What analysts may take away of handshakes."""

from uma.kernel.datasets import Column, Dataset, Kind

HANDSHAKES = Dataset(
    name="handshakes",
    version=1,
    about="Settled visits: who paid what for each scan.",
    columns=(
        Column("id", Kind.CODE, "h.id", "Identifier of the handshake"),
        Column("settled_at", Kind.TIME, "h.created_at", "When the scan was settled"),
        Column("zone", Kind.CODE, "h.zone_code", "City zone"),
        Column("merchant_id", Kind.CODE, "h.merchant_id", "Merchant that was visited"),
        Column("outlet_id", Kind.CODE, "h.outlet_id", "Outlet that was visited"),
        Column("campaign_id", Kind.CODE, "h.campaign_id", "Campaign that paid"),
        Column("booking_id", Kind.CODE, "h.booking_id", "Booking that was redeemed"),
        Column("rider_id", Kind.CODE, "h.rider_id", "Pseudonym of the rider"),
        Column("staff_id", Kind.CODE, "h.actor_id", "Pseudonym of whoever scanned"),
        Column(
            "new_customer",
            Kind.FLAG,
            "h.is_new_customer",
            "Whether it was the rider's first visit to the merchant",
        ),
        Column("in_review", Kind.FLAG, "h.review", "Whether the reimbursement waited for a look"),
        Column(
            "discount_bps",
            Kind.INTEGER,
            "h.discount_bps",
            "Discount at the counter, in hundredths of a percent",
        ),
        Column(
            "reimbursement", Kind.PAISE, "h.reimbursement_paise", "Fare given back to the rider"
        ),
        Column("visit_fee", Kind.PAISE, "h.cpt_fee_paise", "Fee for the visit, without GST"),
        Column(
            "acquisition_fee", Kind.PAISE, "h.cpa_fee_paise", "Fee for a new customer, without GST"
        ),
        Column("gst", Kind.PAISE, "h.gst_paise", "GST on the fees"),
        Column(
            "merchant_debit", Kind.PAISE, "h.merchant_debit_paise", "All that the merchant paid"
        ),
        Column(
            "bill", Kind.PAISE, "h.bill_paise", "The customer's bill, where the counter gave it"
        ),
        Column("reversed", Kind.PAISE, "h.reversed_paise", "What was given back later"),
        Column(
            "scan_distance_m",
            Kind.INTEGER,
            "h.scan_distance_m",
            "Metres between scanner and outlet, where known",
        ),
    ),
    source="handshake_handshake h",
    key="h.id",
    at="h.created_at",
    zone="h.zone_code",
    model="handshake.handshake",
    permission="handshake.view_handshake",
    filters={
        "zone_code__exact": "h.zone_code",
        "review__exact": "h.review",
        "is_new_customer__exact": "h.is_new_customer",
    },
)
