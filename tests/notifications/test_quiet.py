"""The night, by the clock of the zone."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.notifications import quiet

INDIA = "Asia/Kolkata"


def _in_india(hour: int, minute: int = 0, day: int = 23) -> datetime:
    """Return that Indian wall clock time as UTC; India is five and a half hours ahead."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) - timedelta(hours=5, minutes=30)


@pytest.mark.parametrize(
    ("at", "due"),
    [
        (_in_india(21, 59), _in_india(21, 59)),
        (_in_india(22, 0), _in_india(8, 0, day=24)),
        (_in_india(23, 59), _in_india(8, 0, day=24)),
        (_in_india(0, 0), _in_india(8, 0)),
        (_in_india(7, 59), _in_india(8, 0)),
        (_in_india(8, 0), _in_india(8, 0)),
    ],
)
def test_an_ordinary_message_waits_from_ten_at_night_to_eight(at: datetime, due: datetime) -> None:
    assert quiet.earliest(kind="campaign.paused", at=at, timezone=INDIA) == due


@pytest.mark.parametrize("kind", ["handshake", "handshake.success", "security.new_device"])
def test_news_of_a_handshake_or_of_security_does_not_wait(kind: str) -> None:
    at = _in_india(3)

    assert quiet.earliest(kind=kind, at=at, timezone=INDIA) == at


def test_a_kind_is_urgent_by_its_family_and_not_by_its_first_letters() -> None:
    assert not quiet.is_urgent("handshakes")
    assert not quiet.is_urgent("reminder.handshake")


def test_the_night_is_that_of_the_messages_zone() -> None:
    at = _in_india(23)

    assert quiet.earliest(kind="reminder", at=at, timezone="Europe/London") == at


def test_the_night_the_clocks_change_still_ends_at_eight_on_the_wall() -> None:
    # 2026-03-29: London's clocks jump from 01:00 to 02:00.
    at = datetime(2026, 3, 28, 23, 0, tzinfo=UTC)

    due = quiet.earliest(kind="reminder", at=at, timezone="Europe/London")

    assert due == datetime(2026, 3, 29, 7, 0, tzinfo=UTC)
