"""`python -m apps.sandbox.ondc --port 8092`: start the pretended network; the buyer's keys are its environment's."""

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

from apps.ondc import signing
from apps.sandbox.ondc.participants import Participant
from apps.sandbox.ondc.server import HOST, Network

DOMAINS = ("ONDC:TRV10", "ONDC:TRV11", "ONDC:RET11")


def main() -> int:
    """Serve until SIGTERM or Ctrl-C; return the exit code."""
    parser = argparse.ArgumentParser(prog="apps.sandbox.ondc", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free one (printed)")
    parser.add_argument(
        "--buyer", default="", metavar="ADDRESS", help="where the buyer app listens"
    )
    parser.add_argument("--file", type=Path, help="keep the sellers' keys there")
    parser.add_argument("--pace", type=float, default=4.0, help="seconds a step of a ride takes")
    asked = parser.parse_args()
    try:
        network = Network(
            port=asked.port, file=asked.file, buyer_address=asked.buyer, pace_s=asked.pace
        )
    except OSError as failure:
        sys.stderr.write(
            f"The pretended network cannot listen on {HOST}:{asked.port}: {failure.strerror}."
            " Stop what uses the port, or choose another with --port.\n"
        )
        return 1
    _enter_buyer(network)

    def stop(*_: object) -> None:
        # shutdown() waits for serve_forever() to end, so it must not run in its thread.
        threading.Thread(target=network.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    sys.stdout.write(f"ondc {network.base_url}\n")
    sys.stdout.flush()
    network.serve_forever(poll_interval=0.1)
    network.server_close()
    return 0


def _enter_buyer(network: Network) -> None:
    """Register the buyer app whose keys the environment names, so that nobody subscribes by hand."""
    name = os.environ.get("UMA_ONDC_SUBSCRIBER_ID")
    # "key id:key[,key id:key]": the first signs.
    key_id, _, text = os.environ.get("UMA_ONDC_SIGNING_KEYS", "").partition(",")[0].partition(":")
    if not name or not text:
        return
    public = signing.published(signing.public_of(signing.signing_seed(text)))
    for domain in DOMAINS:
        network.participants.add(
            Participant(
                subscriber_id=name,
                domain=domain,
                kind="BAP",
                url=network.buyer_address,
                key_id=key_id,
                signing_public_key=public,
                encryption_public_key="",
            )
        )


if __name__ == "__main__":
    sys.exit(main())
