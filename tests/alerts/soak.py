"""
`python -m tests.alerts.soak MINUTES`: visits on the running platform, and no alert may ring.

For a person, beside `make run` with its settings (`set -a; . .local/env`) and with limits that let visitors knock
without end (`UMA_RATE_RIDER=10000000/hour` and so on for each lane). Ends with 1 and the names of what rang.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import django

from tests.alerts.watching import prometheus
from tests.tools import tool

THREADS = 3
# The whole journey, from sign-in to the books, walked by itself.
JOURNEY_EACH_S = 270.0


def main(minutes: float) -> int:
    django.setup()
    from django.utils import timezone  # noqa: PLC0415  # only now are the settings there

    from tests.factories import make_rider, make_shop  # noqa: PLC0415  # as above
    from tests.faults.visiting import Crowd  # noqa: PLC0415  # as above

    url, now = os.environ["UMA_WEB_URL"], timezone.now()
    shops = [make_shop(f"Soaked {n}", funds_paise=10_000_000_00, now=now) for n in range(4)]
    rang: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        crowd = Crowd(
            url=url,
            shops=[[str(shop.owner_id), str(shop.campaign.pk)] for shop in shops],
            riders=[str(make_rider("visitor", now=now).pk) for _ in range(60)],
            journal=Path(folder) / "acks",
            threads=THREADS,
        )
        tools = tool("prometheus", "prometheus", "promtool")
        address = url.removeprefix("http://")
        with prometheus(tools, Path(folder), [address]) as watching:
            crowd.begin()
            began = walked = time.monotonic()
            while time.monotonic() - began < minutes * 60 and not crowd.surprises:
                rang |= watching.ringing()
                if time.monotonic() - walked > JOURNEY_EACH_S:
                    walked = time.monotonic()
                    command = [sys.executable, "manage.py", "demo", "--base", url]
                    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
                time.sleep(1)
            crowd.end(within_s=60)
        print(
            f"{len(crowd.acks)} visits in {(time.monotonic() - began) / 60:.1f} minutes,"
            f" {dict(crowd.statuses)}, {crowd.surprises or 'no surprise'}; rang: {sorted(rang) or 'nothing'}"
        )
    return 1 if rang or crowd.surprises else 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1])))
