"""From where on a visit is a sign of fraud, and how many points each sign is worth: pure, with its limits."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Self

MOST = 10_000


@dataclass(frozen=True, slots=True)
class Thresholds:
    """
    A zone's table (reliability F-01…F-09, product rule 1.11); a number that may be reached is no sign yet.

    `…_points` is what a sign adds to a visit's score. A score of `review` opens a case and parks what the
    pair books next; of `deny`, or by a sign of the rider's own, what the rider books anywhere. For
    `quiet_days` after a case was decided, only a higher score opens another of the pair.
    """

    review: int = 50
    deny: int = 100
    quiet_days: int = 30
    self_dealing_points: int = 100
    pair_week: int = 3
    pair_week_points: int = 15
    pair_share_percent: int = 25
    pair_share_least: int = 8
    pair_share_points: int = 5
    pair_two_hours: int = 1
    pair_two_hours_points: int = 25
    pair_doubles: int = 1
    pair_doubles_points: int = 40
    rider_hour: int = 6
    rider_hour_points: int = 60
    scanner_hour: int = 60
    scanner_hour_points: int = 30
    travel_km_per_hour: int = 120
    travel_least_km: int = 3
    travel_points: int = 60
    device_accounts: int = 2
    device_points: int = 25
    ring_people: int = 4
    ring_share_percent: int = 5
    ring_points: int = 60
    hugging_percent: int = 70
    hugging_least: int = 3
    hugging_points: int = 60
    remote_m: int = 300
    remote_points: int = 25
    remote_month: int = 2
    remote_month_points: int = 30
    staff_pair_blind: int = 2
    staff_pair_percent: int = 80
    staff_rest_percent: int = 20
    staff_least: int = 10
    staff_points: int = 60

    def changed(self, values: Mapping[str, int]) -> Self:
        """Return the table with these numbers in place of its own; raises TypeError for unknown names."""
        return type(self)(**{**asdict(self), **values})

    def faults(self) -> list[str]:
        """Return what is wrong with the table, in words; nothing when it can be used."""
        numbers: dict[str, int] = asdict(self)
        wrong = [f"{name} is a whole number" for name, n in numbers.items() if type(n) is not int]
        if wrong:
            return wrong
        most = {name: 100 if name.endswith("_percent") else MOST for name in numbers}
        wrong = [
            f"{name} lies between 0 and {most[name]}"
            for name, number in numbers.items()
            if not 0 <= number <= most[name]
        ]
        if not 1 <= self.review < self.deny:
            wrong.append("review is above 0 and below deny")
        return wrong


NAMES = tuple(field.name for field in fields(Thresholds))
