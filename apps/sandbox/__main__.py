"""`python -m apps.sandbox --port 8090 --write-credentials FILE`: start the stand-ins."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from apps.sandbox import account
from apps.sandbox.identity import Identity
from apps.sandbox.otp import Codes, TestNumbers
from apps.sandbox.people import People
from apps.sandbox.server import HOST, Sandbox


def main() -> int:
    """Serve until SIGTERM or Ctrl-C; return the exit code."""
    parser = argparse.ArgumentParser(prog="apps.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free one (printed)")
    parser.add_argument(
        "--write-credentials",
        type=Path,
        metavar="FILE",
        help="the service-account file for UMA_FIREBASE_CREDENTIALS; a key found in it is kept,"
        " so that a restarted sandbox still knows whom it serves",
    )
    parser.add_argument(
        "--accounts", type=Path, metavar="FILE", help="keep the people who signed in there"
    )
    parser.add_argument(
        "--test-numbers",
        metavar="PREFIX=CODE",
        default="",
        help="numbers that begin so always have this code and get no message",
    )
    asked = parser.parse_args()
    prefix, _, code = asked.test_numbers.partition("=")
    identity = Identity(
        people=People(file=asked.accounts), codes=Codes(test_numbers=TestNumbers(prefix, code))
    )
    path: Path | None = asked.write_credentials
    key = (path and account.read_key(path)) or account.new_key()
    try:
        sandbox = Sandbox(port=asked.port, key=key, identity=identity)
    except OSError as failure:
        sys.stderr.write(
            f"The sandbox cannot listen on {HOST}:{asked.port}: {failure.strerror}."
            " Stop what uses the port, or choose another with --port.\n"
        )
        return 1
    if path is not None:
        account.write_credentials(path=path, key=key, base_url=sandbox.base_url)

    def stop(*_: object) -> None:
        # shutdown() waits for serve_forever() to end, so it must not run in its thread.
        threading.Thread(target=sandbox.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    sys.stdout.write(f"sandbox {sandbox.base_url}\n")
    sys.stdout.flush()
    sandbox.serve_forever(poll_interval=0.1)
    sandbox.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
