"""A reader of ended sessions for tests that have no sessions, and need no database for it."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID


class NobodyEnded:
    def read(self, *, since: datetime) -> Collection[UUID]:
        del since
        return ()

    def cut(self) -> None:
        """Nothing hangs."""
