"""What analysts may take away of money that leaves."""

from uma.kernel.datasets import Column, Dataset, Kind

PAYOUTS = Dataset(
    name="payouts",
    version=1,
    about="Payouts to riders and merchants.",
    columns=(
        Column("id", Kind.CODE, "p.id", "Identifier of the payout"),
        Column("kind", Kind.CODE, "p.kind", "Withdrawal or refund of a balance"),
        Column("rider_id", Kind.CODE, "p.person_id", "Pseudonym of the rider"),
        Column("merchant_id", Kind.CODE, "p.merchant_id", "Merchant"),
        Column("zone", Kind.CODE, "p.zone_code", "City zone"),
        Column("state", Kind.CODE, "p.state", "State"),
        Column("mode", Kind.CODE, "p.mode", "How it travels"),
        Column("amount", Kind.PAISE, "p.amount_paise", "Amount"),
        Column("fee", Kind.PAISE, "p.fee_paise", "What Razorpay took for it"),
        Column("tax", Kind.PAISE, "p.tax_paise", "GST on that"),
        Column("razorpay_id", Kind.CODE, "p.razorpay_id", "Razorpay's name of it"),
        Column("utr", Kind.TEXT, "p.utr", "The bank's reference"),
        Column("failure_reason", Kind.TEXT, "p.failure_reason", "Why it failed"),
        Column("created_at", Kind.TIME, "p.created_at", "When it was asked for"),
        Column("processed_at", Kind.TIME, "p.processed_at", "When it was paid"),
    ),
    source="payments_payout p",
    key="p.id",
    at="p.created_at",
    zone="p.zone_code",
    model="payments.payout",
    permission="payments.view_payout",
    filters={"zone_code__exact": "p.zone_code", "state__exact": "p.state", "kind__exact": "p.kind"},
)
