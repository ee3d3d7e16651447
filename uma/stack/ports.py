"""Which TCP port of the loopback a service gets, and who holds one that is taken."""

import os
import socket
from pathlib import Path

from uma.stack.errors import StackError

HOST = "127.0.0.1"
_LISTENING = "0A"


def is_free(port: int) -> bool:
    """Return whether a server could listen on this port of the loopback now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def any_free() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def hold(port: int) -> socket.socket:
    """Keep everybody from a port until the socket is closed; without this, whoever asks for any free one may get it."""
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind((HOST, port))
    return holder


def is_open(port: int) -> bool:
    """Return whether something accepts connections there."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((HOST, port)) == 0


def choose(*, wanted: int | None, remembered: Path, service: str, setting: str) -> int:
    """
    Return the port for a service: the wanted one, else the one of last time, else any free one.

    Raises:
        StackError: the wanted port is taken; a remembered one that is taken is replaced silently.
    """
    if wanted is not None:
        require_free(wanted, service=service, setting=setting)
        return wanted
    text = remembered.read_text().strip() if remembered.exists() else ""
    port = (
        int(text) if text.isdecimal() and int(text) < 2**16 and is_free(int(text)) else any_free()
    )
    remembered.write_text(f"{port}\n")
    return port


def require_free(port: int, *, service: str, setting: str) -> None:
    """Raise a StackError that names the holder when the port is taken."""
    if not is_free(port):
        raise taken(port, service=service, setting=setting)


def taken(port: int, *, service: str, setting: str) -> StackError:
    """Return the refusal that names the holder of a port."""
    return StackError(
        f"Port {port}, meant for {service}, is taken by {holder_of(port) or 'another program'}.",
        f"Stop that program or choose another port: {setting}={port + 1} make run",
    )


def holder_of(port: int) -> str | None:
    """Return "name (process id)" of who listens on the port, as far as /proc tells us."""
    inodes = _listening_inodes(port)
    if not inodes:
        return None
    for process in Path("/proc").glob("[0-9]*"):
        try:
            links = {os.readlink(link) for link in (process / "fd").iterdir()}  # noqa: PTH115 - "socket:[n]" is no path
        except OSError:
            continue
        if links & inodes:
            name = (process / "comm").read_text().strip()
            return f"{name} (process {process.name})"
    return None


def _listening_inodes(port: int) -> set[str]:
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        path = Path(table)
        if not path.exists():
            continue
        for line in path.read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.add(f"socket:[{fields[9]}]")
    return inodes
