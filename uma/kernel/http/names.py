"""camelCase on the wire, snake_case inside: the one place where the two meet."""

import re
from functools import lru_cache

# The business app reads this key with its underscore.
VERBATIM = frozenset({"apply_discount"})

_HUMP = re.compile(r"[A-Z]")
_UNDERSCORED = re.compile(r"_([a-z0-9])")


@lru_cache(maxsize=4096)
def camel(name: str) -> str:
    """Return the wire name of a Python name: `qr_data` → `qrData`."""
    if name in VERBATIM or "_" not in name:
        return name
    return name[0] + _UNDERSCORED.sub(lambda found: found[1].upper(), name[1:])


@lru_cache(maxsize=4096)
def snake(name: str) -> str:
    """
    Return the Python name of a wire name: `qrData` → `qr_data`.

    One wire name only for each Python name, so that no body can say the same thing twice: a name
    with an underscore is not camelCase and raises ValueError.
    """
    if "_" in name:
        raise ValueError("names are camelCase on the wire")
    return _HUMP.sub(lambda found: "_" + found[0].lower(), name)
