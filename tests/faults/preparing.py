"""
`python -m tests.faults.preparing SHOPS RIDERS`: shops and riders for a test that hurts a platform.

It runs as a process of its own because the platform has another database than the tests' process.
Prints JSON: `{"shops": [[owner, campaign], …], "riders": […]}`.
"""

import json
import sys

import django


def main(shops: int, riders: int) -> None:
    django.setup()
    from django.utils import timezone  # noqa: PLC0415  # only now are the settings there

    from tests.factories import make_rider, make_shop  # noqa: PLC0415  # as above

    now = timezone.now()
    opened = [
        make_shop(f"Visited {number}", funds_paise=10_000_000_00, now=now)
        for number in range(shops)
    ]
    print(
        json.dumps(
            {
                "shops": [[str(shop.owner_id), str(shop.campaign.pk)] for shop in opened],
                "riders": [str(make_rider("visitor", now=now).pk) for _ in range(riders)],
            }
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
