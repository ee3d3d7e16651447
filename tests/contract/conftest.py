"""What the contract tests share: the town of the policy."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from tests.contract.policy.scene import Scene, make_scene
from tests.ondc import ours
from uma.kernel.http import keys
from uma.kernel.http.revocation import watch


@pytest.fixture
def scene(
    db: None,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
) -> Iterator[Scene]:
    # On a network where nobody is: what is said waits.
    for name, value in ours.settings_for("http://127.0.0.1:9").items():
        setattr(settings, name, value)
    settings.ONDC_WATCH_S = 0
    keys.memory.forget()
    made = make_scene()
    # As the watch's thread would have read it.
    monkeypatch.setattr(watch(), "_ended", dict.fromkeys(made.ended, float("inf")))
    yield made
    keys.memory.forget()
