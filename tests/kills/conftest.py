"""
A platform of its own whose parts are killed.

What counts here is what is left afterwards and never how long it took, so that other tests may run beside it.
"""

from tests.faults.conftest import firebase, platform

__all__ = ["firebase", "platform"]
