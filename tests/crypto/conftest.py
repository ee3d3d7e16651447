"""A pretended Firebase for the person who walks through everything."""

from tests.notifications.conftest import sandbox, sandbox_process

__all__ = ["sandbox", "sandbox_process"]
