"""Measure the platform on this machine: `python -m benchmarks [--short] [--into FOLDER]`."""

import argparse
import logging
import signal
import sys
import time
import warnings
from pathlib import Path

from benchmarks.servers import stores

HERE = Path(__file__).parent


def main() -> None:
    """Start the stores, measure, print and write the results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--short", action="store_true", help="only to see that it works")
    parser.add_argument(
        "--into", type=Path, help="where results.md and results.json go (short: nowhere)"
    )
    chosen = parser.parse_args()
    into = chosen.into or (None if chosen.short else HERE)
    warnings.filterwarnings("ignore", message="No directory at")
    # A stop from outside clears up as Ctrl-C does: a cluster's folder is large.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    started = time.monotonic()
    with stores() as running:
        import django  # noqa: PLC0415  # after the environment

        django.setup()
        logging.disable(logging.WARNING)
        from benchmarks import measure  # noqa: PLC0415  # after the settings

        measure.everything(running, short=chosen.short, into=into, started=started)


if __name__ == "__main__":
    main()
