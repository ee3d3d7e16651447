"""`python -m apps.sandbox.razorpay --port 8091`: start the stand-in; secrets come from the environment."""

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

from apps.sandbox.razorpay.server import HOST, Razorpay
from apps.sandbox.razorpay.webhooks import Webhooks


def main() -> int:
    """Serve until SIGTERM or Ctrl-C; return the exit code."""
    parser = argparse.ArgumentParser(prog="apps.sandbox.razorpay", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free one (printed)")
    parser.add_argument("--webhooks", metavar="URL", default="", help="the platform's base address")
    parser.add_argument("--file", type=Path, help="keep orders, payments and payouts there")
    asked = parser.parse_args()
    told = Webhooks(
        addresses={
            "payments": (
                f"{asked.webhooks}/webhooks/razorpay" if asked.webhooks else "",
                _newest("UMA_RAZORPAY_WEBHOOK_SECRETS"),
            ),
            "payouts": (
                f"{asked.webhooks}/webhooks/razorpayx" if asked.webhooks else "",
                _newest("UMA_RAZORPAYX_WEBHOOK_SECRETS"),
            ),
        }
    )
    try:
        server = Razorpay(
            port=asked.port,
            key_id=os.environ["UMA_RAZORPAY_KEY_ID"],
            key_secret=os.environ["UMA_RAZORPAY_KEY_SECRET"],
            webhooks=told,
            file=asked.file,
        )
    except OSError as failure:
        sys.stderr.write(
            f"The pretended Razorpay cannot listen on {HOST}:{asked.port}: {failure.strerror}."
            " Stop what uses the port, or choose another with --port.\n"
        )
        return 1

    def stop(*_: object) -> None:
        # shutdown() waits for serve_forever() to end, so it must not run in its thread.
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    sys.stdout.write(f"razorpay {server.base_url}\n")
    sys.stdout.flush()
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    return 0


def _newest(name: str) -> str:
    """Return the first secret of a setting's list: the one that is used for new events."""
    return os.environ.get(name, "").partition(",")[0]


if __name__ == "__main__":
    sys.exit(main())
