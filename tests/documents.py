"""What the document store of the tests needs."""

import contextlib
from collections.abc import Callable
from typing import TypeVar

from uma.kernel.mongo import DocumentsAway

T = TypeVar("T")


def patiently(does: Callable[[], T]) -> T:
    """Do it as soon as a store that was just started has found its feet."""
    for _ in range(60):
        with contextlib.suppress(DocumentsAway):
            return does()
    raise AssertionError("the store did not come up")
