"""A worker that makes one exported file and tells what it took: `python -m benchmarks.export_worker EXPORT`."""

import json
import re
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID


def main() -> None:
    """Make the file as a worker does, and say what it took."""
    import django  # noqa: PLC0415

    django.setup()
    from apps.exports import making  # noqa: PLC0415  # after the settings

    began = time.monotonic()
    made = making.make(export_id=UUID(sys.argv[1]), clock=lambda: datetime.now(UTC))
    took = time.monotonic() - began
    if not made:
        sys.exit("the export was not made")
    # Of this program alone: `ru_maxrss` begins with the peak of whoever started it.
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert peak is not None
    print(json.dumps({"seconds": took, "peak_mb": int(peak[1]) / 1024}))


if __name__ == "__main__":
    main()
