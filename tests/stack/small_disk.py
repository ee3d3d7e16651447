"""Run inside a mount namespace of its own: PostgreSQL on disks that are too small, and what is said of it."""

import json
import subprocess
import sys
from pathlib import Path

from uma.stack.errors import StackError
from uma.stack.postgres import Cluster

# Less than a fresh cluster takes, and enough for one with room for a little more.
TOO_SMALL, ENOUGH = "12m", "128m"


def mounted(folder: Path, size: str) -> Path:
    folder.mkdir(mode=0o711)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    return folder


def refusal(cluster: Cluster) -> list[str]:
    try:
        cluster.start()
    except StackError as refused:
        return [refused.cause, refused.advice]
    cluster.stop()
    return []


def fill(disk: Path) -> None:
    with (disk / "others").open("wb", buffering=0) as file:
        try:
            while file.write(bytes(2**16)):
                pass
        except OSError:
            # No byte is left.
            return


def main(here: Path) -> None:
    at_once = refusal(Cluster(folder=mounted(here / "first", TOO_SMALL) / "postgres"))
    disk = mounted(here / "second", ENOUGH)
    cluster = Cluster(folder=disk / "postgres")
    cluster.start()
    assert cluster.process is not None
    cluster.process.kill()
    fill(disk)
    later = refusal(cluster)
    (disk / "others").unlink()
    again = refusal(cluster)
    print(json.dumps([at_once, later, again]))


main(Path(sys.argv[1]))
