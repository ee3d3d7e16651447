"""Which tests one worker runs, one after the other: those that share a platform of real processes."""

from xdist.scheduler import LoadScopeScheduling

# By their places: what a platform costs to start is most of what these tests take.
SHARED = (
    *("tests/e2e/", "tests/browser/", "tests/kills/"),
    *("tests/stack/test_run.py", "tests/stack/test_demo_city.py"),
)


class Sharing(LoadScopeScheduling):  # type: ignore[misc]  # of a library without types
    """Each test goes to whoever is free, and those of one shared place to the same."""

    def _split_scope(self, nodeid: str) -> str:
        return next((place for place in SHARED if nodeid.startswith(place)), nodeid)
