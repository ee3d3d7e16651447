"""What analysts may take away of missed visits."""

from uma.kernel.datasets import Column, Dataset, Kind

STRIKES = Dataset(
    name="strikes",
    version=1,
    about="Strikes: visits that were booked and missed.",
    columns=(
        Column("id", Kind.CODE, "s.id", "Identifier of the strike"),
        Column("rider_id", Kind.CODE, "s.rider_id", "Pseudonym of the rider"),
        Column("zone", Kind.CODE, "s.zone_code", "City zone"),
        Column("state", Kind.CODE, "s.state", "Whether it counts"),
        Column("struck_at", Kind.TIME, "s.struck_at", "When it was given"),
        Column("lapses_at", Kind.TIME, "s.lapses_at", "When it stops to count"),
        Column("overturned_at", Kind.TIME, "s.overturned_at", "When it was taken back"),
        Column("overturned_for", Kind.CODE, "s.overturned_for", "Why"),
    ),
    source="gamification_strike s",
    key="s.id",
    at="s.struck_at",
    zone="s.zone_code",
    model="gamification.strike",
    permission="gamification.view_strike",
    filters={
        "zone_code__exact": "s.zone_code",
        "state__exact": "s.state",
        "overturned_for__exact": "s.overturned_for",
    },
)
