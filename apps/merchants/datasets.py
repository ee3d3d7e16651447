"""What analysts may take away of merchants."""

from uma.kernel.datasets import Column, Dataset, Kind

MERCHANTS = Dataset(
    name="merchants",
    version=1,
    about="Merchants, without the people behind them.",
    columns=(
        Column("id", Kind.CODE, "m.id", "Identifier of the merchant"),
        Column("brand", Kind.TEXT, "m.brand", "Name that customers know"),
        Column("legal_name", Kind.TEXT, "m.legal_name", "Registered name"),
        Column("gstin", Kind.CODE, "m.gstin", "GST registration, where there is one"),
        Column("state_code", Kind.CODE, "m.state_code", "State, by its GST code"),
        Column("zone", Kind.CODE, "m.zone_id", "City zone"),
        Column("plan", Kind.CODE, "m.plan", "Plan"),
        Column("status", Kind.CODE, "m.status", "Status"),
        Column(
            "outlets",
            Kind.INTEGER,
            "(SELECT count(*) FROM merchants_outlet o WHERE o.merchant_id = m.id)",
            "How many outlets",
        ),
        Column("created_at", Kind.TIME, "m.created_at", "When it joined"),
    ),
    source="merchants_merchant m",
    key="m.id",
    at="m.created_at",
    zone="m.zone_id",
    model="merchants.merchant",
    permission="merchants.view_merchant",
    filters={
        "zone__code__exact": "m.zone_id",
        "zone__exact": "m.zone_id",
        "status__exact": "m.status",
        "plan__exact": "m.plan",
    },
)
