"""
`.local/env`: the addresses of what runs and this copy's own development secrets, for every
terminal.
"""

import base64
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from uma.stack.folder import write_private

_HEADER = "# Written by `make run`: addresses and development secrets of this copy alone.\n"


def _key() -> str:
    """Return the 32 bytes of a key, as the network's participants write them."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


# Kept from one start to the next: bookings, sessions and sign-ins outlive a restart.
_SECRETS: dict[str, Callable[[], str]] = {
    "UMA_SECRET_KEY": lambda: secrets.token_urlsafe(48),
    "UMA_ACCESS_TOKEN_KEYS": lambda: f"A1:{secrets.token_hex(32)}",
    "UMA_REFRESH_KEYS": lambda: secrets.token_hex(32),
    "UMA_QR_MASTER_KEYS": lambda: f"A1:{secrets.token_hex(32)}",
    "UMA_FIELD_KEYS": lambda: f"A1:{secrets.token_hex(32)}",
    "UMA_BLIND_INDEX_KEY": lambda: secrets.token_hex(32),
    "UMA_BADGE_KEY": lambda: secrets.token_hex(32),
    "UMA_RAZORPAY_KEY_SECRET": lambda: secrets.token_urlsafe(24),
    "UMA_RAZORPAY_WEBHOOK_SECRETS": lambda: secrets.token_urlsafe(24),
    "UMA_RAZORPAYX_WEBHOOK_SECRETS": lambda: secrets.token_urlsafe(24),
    "UMA_ONDC_SIGNING_KEYS": lambda: f"D1:{_key()}",
    "UMA_ONDC_ENCRYPTION_KEYS": _key,
}


def read(path: Path) -> dict[str, str]:
    """Return what an earlier start wrote; empty when there was none."""
    if not path.exists():
        return {}
    pairs = (line.partition("=") for line in path.read_text().splitlines() if "=" in line)
    return {name: value.strip("'") for name, _, value in pairs if not name.startswith("#")}


def write(path: Path, *, addresses: Mapping[str, str]) -> dict[str, str]:
    """Write addresses and secrets (0600) and return all of it; the environment's secrets win."""
    earlier = read(path)
    values = {"UMA_DEBUG": "1", **addresses}
    for name, make in _SECRETS.items():
        values[name] = os.environ.get(name) or earlier.get(name) or make()
    write_private(path, _HEADER + "".join(f"{name}='{value}'\n" for name, value in values.items()))
    return values
