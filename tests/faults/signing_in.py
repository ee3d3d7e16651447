"""
`python -m tests.faults.signing_in ROLE PERSON…`: sign people in on a platform that is hurt.

It runs as a process of its own because the platform has another database than the tests' process.
Prints JSON: `[{"access": …, "refresh": …, "session": …}, …]`.
"""

import json
import sys
from uuid import UUID

import django


def main(role: str, people: list[str]) -> None:
    django.setup()
    from django.utils import timezone  # noqa: PLC0415  # only now are the settings there

    from tests.accounts.signing_in import sign_in  # noqa: PLC0415  # as above

    signed = [
        sign_in(UUID(person), role=role, device_id=f"{role} {number}", now=timezone.now())
        for number, person in enumerate(people)
    ]
    print(
        json.dumps(
            [
                {"access": one.access, "refresh": one.refresh, "session": str(one.session_id)}
                for one in signed
            ]
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
