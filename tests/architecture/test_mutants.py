"""What `make mutants` takes away is all there is, is away, and comes back."""

import pytest
from django.db import IntegrityError, connection

from apps.jobs.models import Backup
from apps.merchants.services import outlets
from tests.architecture.locks import RACES_IN_SQL
from tests.factories import NOON
from tests.mutants.guards import disconnect, unguarded
from tests.mutants.locks import unlocked
from tests.mutants.mutant import all_of_them


def test_everything_that_may_be_taken_away_has_tests() -> None:
    assert [one.what for one in all_of_them() if not one.places] == []


@pytest.mark.django_db
def test_every_function_of_the_database_that_locks_is_listed() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
            " AND prosrc ~* '\\mfor (no key )?update|advisory.*lock'"
        )
        assert {name for (name,) in cursor.fetchall()} == set(RACES_IN_SQL)


def test_a_function_is_without_its_lock_and_has_it_again() -> None:
    before = outlets._lock.__code__

    with unlocked("apps/merchants/services/outlets.py", "_lock", 1):
        assert "select_for_update" not in outlets._lock.__code__.co_names

    assert outlets._lock.__code__ is before
    assert "select_for_update" in before.co_names


@pytest.mark.django_db(transaction=True)
def test_the_database_is_without_a_guard_and_has_it_again() -> None:
    def untrue() -> None:
        Backup.objects.create(name="x", began_at=NOON, ended_at=NOON, size_bytes=0)

    disconnect()
    with unguarded("jobs_backup_is_whole"):
        untrue()
        Backup.objects.all().delete()
        disconnect()

    with pytest.raises(IntegrityError, match="jobs_backup_is_whole"):
        untrue()
