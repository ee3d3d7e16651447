"""The console's lists as an operator looks for them: under a few headings, of those that may be opened."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Link:
    """One list."""

    title: str
    href: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, its icon among the Material Symbols, and the lists under it."""

    title: str
    icon: str
    links: list[Link] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return any(link.is_here for link in self.links)


# Heading → icon, and what stands under it: an app's label, or one of its models where an app is of several.
SECTIONS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "Visits": ("qr_code_scanner", ("handshake",)),
    "Businesses": ("storefront", ("merchants",)),
    "Campaigns": ("campaign", ("campaigns",)),
    "Deals booked": ("confirmation_number", ("rides",)),
    "Rides and tickets": ("directions_bus", ("ondc",)),
    "Money": ("payments", ("payments",)),
    "Ledger": ("account_balance", ("wallet",)),
    "Missions and badges": ("emoji_events", ("gamification",)),
    "Strikes": (
        "gavel",
        (
            "gamification.Appeal", "gamification.Strike", "gamification.Restriction",
            "gamification.StrikePolicy", "gamification.ForceMajeure", "gamification.NoShow",
            "gamification.Reminder", "gamification.FailedScan",
        ),
    ),
    "Fraud": (
        "policy",
        (
            "analytics.RiskCase", "analytics.RiskSignal", "analytics.Assessment",
            "analytics.RiskTable",
        ),
    ),
    "Figures": ("monitoring", ("analytics", "exports")),
    "People": ("group", ("accounts",)),
    "Messages": ("notifications", ("notifications",)),
    "System": ("dns", ("jobs",)),
}  # fmt: skip
_REST = ("Other lists", "list")
_HEADINGS = {of: title for title, (_, owned) in SECTIONS.items() for of in owned}


def sections(app_list: Iterable[Mapping[str, Any]], path: str) -> list[Section]:
    """Return the lists of Django's `app_list`, which has those that the operator may open, by heading."""
    found = {title: Section(title, icon) for title, (icon, _) in SECTIONS.items()}
    rest = Section(*_REST)
    for app in app_list:
        for model in app["models"]:
            name = f"{app['app_label']}.{model['object_name']}"
            title = _HEADINGS.get(name) or _HEADINGS.get(app["app_label"])
            href = model["admin_url"]
            section = found[title] if title else rest
            section.links.append(Link(str(model["name"]), href, path.startswith(href)))
    return [section for section in (*found.values(), rest) if section.links]
