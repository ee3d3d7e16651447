"""
Run as a module: a process for each visit, so that it can be killed for the price of a fork.

A line on the standard input names a visit (`ref actor key`); the process for it says `ready PID`, settles the
visit, says `done HANDSHAKE` when it is acknowledged, and waits to be killed. Then `over` is said for it.
"""

import os
import signal
import sys
from uuid import UUID

import django

django.setup()

from django.db import connection  # noqa: E402 — the settings come first
from django.utils import timezone  # noqa: E402

from apps.handshake import services  # noqa: E402
from apps.handshake.rules import Scan  # noqa: E402
from uma.kernel.http.idempotency import IdempotencyKey  # noqa: E402


def settle(ref: str, actor: str, key: str) -> None:
    scan = Scan(actor_id=UUID(actor), outlet_id=None, location=None, bill_paise=None)
    connection.ensure_connection()
    say(f"ready {os.getpid()}")
    executed = services.execute(
        ref=ref,
        scan=scan,
        freshness=lambda: None,
        key=IdempotencyKey(key, bytes(32)),
        now=timezone.now(),
    )
    say(f"done {executed.handshake.pk}")
    signal.pause()


def say(words: str) -> None:
    # One write, which a kill does not divide.
    os.write(sys.stdout.fileno(), f"{words}\n".encode())


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            settle(*line.split())
        os.waitpid(child, 0)
        say("over")


if __name__ == "__main__":
    main()
