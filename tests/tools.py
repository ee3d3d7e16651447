"""Programs that tests need and Python's packages do not bring."""

import subprocess
from pathlib import Path

from uma.stack.folder import ROOT


def tool(package: str, *programs: str) -> Path:
    """Return the folder of a Debian package's programs; fetched when this machine has none."""
    command = ["bash", str(ROOT / "deploy" / "make-tool"), package, *programs]
    found = subprocess.run(command, check=True, capture_output=True, text=True)
    return Path(found.stdout.strip())
