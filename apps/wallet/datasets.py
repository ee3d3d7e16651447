"""What analysts may take away of the ledger."""

from uma.kernel.datasets import Column, Dataset, Kind

LEDGER = Dataset(
    name="ledger",
    version=1,
    about="Entries of the ledger: each leg of each posting.",
    columns=(
        Column("journal_id", Kind.CODE, "e.journal_id", "Posting"),
        Column("transfer_id", Kind.CODE, "e.transfer_id", "Its leg"),
        Column("side", Kind.CODE, "e.side", "DEBIT or CREDIT"),
        Column("kind", Kind.CODE, "j.kind", "What kind of posting it was"),
        Column("reference", Kind.CODE, "j.reference", "The event that it stands for"),
        Column("event_at", Kind.TIME, "j.event_at", "When that event was"),
        Column("posted_at", Kind.TIME, "j.created_at", "When it was posted"),
        Column("zone", Kind.CODE, "j.zone_code", "City zone"),
        Column("account", Kind.CODE, "a.code", "Account"),
        Column("account_kind", Kind.CODE, "a.kind", "Kind of the account"),
        Column("counter_account", Kind.CODE, "c.code", "Account at the other end of the leg"),
        Column(
            "amount",
            Kind.PAISE,
            "(CASE WHEN e.side = a.normal_side THEN e.amount_paise ELSE -e.amount_paise END)",
            "What it adds to the account's balance; less than nothing where it takes",
        ),
        Column(
            "balance",
            Kind.PAISE,
            "e.after_paise",
            "The account's balance after it, for accounts that keep one",
        ),
        Column("memo", Kind.TEXT, "j.memo", "Words of whoever posted it by hand"),
    ),
    source=(
        "wallet_entry e"
        " JOIN wallet_journal j ON j.id = e.journal_id"
        " JOIN wallet_account a ON a.id = e.account_id"
        " JOIN wallet_account c ON c.id = e.counter_account_id"
    ),
    key="e.transfer_id, e.side",
    at="j.created_at",
    zone="j.zone_code",
    model="wallet.journal",
    permission="wallet.view_journal",
    filters={"zone_code__exact": "j.zone_code", "kind__exact": "j.kind"},
)
