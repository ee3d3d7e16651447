"""What analysts may take away of campaigns."""

from uma.kernel.datasets import Column, Dataset, Kind

CAMPAIGNS = Dataset(
    name="campaigns",
    version=1,
    about="Campaigns as they stand: terms, caps and state.",
    columns=(
        Column("id", Kind.CODE, "c.id", "Identifier of the campaign"),
        Column("merchant_id", Kind.CODE, "c.merchant_id", "Merchant that funds it"),
        Column("zone", Kind.CODE, "c.zone_id", "City zone"),
        Column("title", Kind.TEXT, "c.title", "What riders read"),
        Column("state", Kind.CODE, "c.state", "State"),
        Column("pause_reason", Kind.CODE, "c.pause_reason", "Why it is paused"),
        Column("revision", Kind.INTEGER, "c.revision", "Which revision of its terms stands"),
        Column("audience", Kind.CODE, "c.audience", "Whom it is for"),
        Column("basis", Kind.CODE, "c.basis", "How the fare is given back"),
        Column(
            "discount_bps",
            Kind.INTEGER,
            "c.discount_bps",
            "Discount at the counter, in hundredths of a percent",
        ),
        Column("cap", Kind.PAISE, "c.cap_paise", "Most that is given back for a ride"),
        Column("visit_fee", Kind.PAISE, "c.cpt_fee_paise", "Fee for each visit, without GST"),
        Column(
            "acquisition_fee", Kind.PAISE, "c.cpa_fee_paise", "Fee for a new customer, without GST"
        ),
        Column("budget", Kind.PAISE, "c.budget_paise", "Most that it may cost"),
        Column(
            "daily_budget", Kind.PAISE, "c.daily_budget_paise", "Most that it may cost in a day"
        ),
        Column("seats", Kind.INTEGER, "c.seats", "Most visits"),
        Column("daily_seats", Kind.INTEGER, "c.daily_seats", "Most visits in a day"),
        Column("starts_at", Kind.TIME, "c.starts_at", "From when"),
        Column("ends_at", Kind.TIME, "c.ends_at", "Until when"),
        Column("created_at", Kind.TIME, "c.created_at", "When it was drafted"),
    ),
    source="campaigns_campaign c",
    key="c.id",
    at="c.created_at",
    zone="c.zone_id",
    model="campaigns.campaign",
    permission="campaigns.view_campaign",
    filters={
        "zone__code__exact": "c.zone_id",
        "zone__exact": "c.zone_id",
        "state__exact": "c.state",
        "pause_reason__exact": "c.pause_reason",
        "audience__exact": "c.audience",
    },
)
