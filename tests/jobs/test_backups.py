"""Copies of the database, as they were noted: only what can be one, and how old the newest is."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from apps.jobs import readings, services
from tests.factories import NOON

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"size_bytes": 0}, "jobs_backup_is_whole"),
        ({"began_at": NOON + DAY}, "jobs_backup_is_whole"),
        ({"name": "uma-1"}, "name"),
    ],
)
def test_what_is_no_copy_is_not_noted(
    wrong: dict[str, Any],  # Any: columns of a row
    name: str,
) -> None:
    facts: dict[str, Any] = {"name": "uma-2", "began_at": NOON, "size_bytes": 1, "now": NOON}
    services.note_backup(**facts | {"name": "uma-1"})

    with pytest.raises(IntegrityError, match=name):
        services.note_backup(**facts | wrong)


def test_the_newest_copy_counts_and_without_one_the_platforms_own_age() -> None:
    assert readings.backup_s(NOON) == 0

    services.begin(job="tests.a_job", now=NOON - 3 * DAY)
    assert readings.backup_s(NOON) == 3 * 86_400

    for days in (1, 2):
        began = NOON - days * DAY
        services.note_backup(name=f"uma-{days}", began_at=began, size_bytes=1, now=began + DAY / 24)
    assert readings.backup_s(NOON) == 86_400
