"""
The document store as our own child, speaking MongoDB's protocol.

It is a program of its own under the GPL: started as a process, never imported.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import pymongo
import pymongo.errors

from uma.stack import folder as folders
from uma.stack import ports
from uma.stack.errors import StackError
from uma.stack.orphans import end_orphan
from uma.stack.process import Program
from uma.stack.server import Server

# With the default write concern, kill -9 loses acknowledged writes (decisions/0009).
_OPTIONS = "w=majority&journal=true"


def find_command() -> Path:
    """
    Return the server's program, which stands beside this Python.

    Raises:
        StackError: it is not installed.
    """
    command = Path(sys.executable).parent / "secantusd-py"
    if not command.exists():
        raise StackError(
            "The embedded document store is not installed.",
            "Name a MongoDB instead: MONGODB_URL=mongodb://host:27017/uma make run",
        )
    return command


@dataclass
class Documents(Server):
    """One document store in `folder`, owned by this process."""

    folder: Path
    wanted_port: int | None = None
    name: str = "documents"
    title: str = "The document store"
    port: int = 0

    def __post_init__(self) -> None:
        super().__init__()
        self.command = find_command()
        self.data = self.folder / "data"

    @property
    def url(self) -> str:
        return f"mongodb://{ports.HOST}:{self.port}/uma?{_OPTIONS}"

    def prepare(self) -> None:
        folders.make_private(self.folder)
        folders.make_private(self.data)
        end_orphan(self.folder / "pid", belongs_to=str(self.data))
        if self.port == 0:
            self.port = ports.choose(
                wanted=self.wanted_port,
                remembered=self.folder / "port",
                service=self.title,
                setting="UMA_DOCUMENTS_PORT",
            )

    def program(self) -> Program:
        return Program(
            name=self.name,
            command=[
                str(self.command),
                *("--host", ports.HOST, "--port", str(self.port)),
                *(
                    "--storage-path",
                    str(self.data),
                    "--cache-size",
                    "128M",
                    "--log-level",
                    "WARNING",
                ),
            ],
            log=self.folder / "server.log",
            # Away from any secantusd.toml of the folder we were started in.
            folder=self.folder,
        )

    def launch(self) -> None:
        super().launch()
        assert self.process is not None
        (self.folder / "pid").write_text(f"{self.process.pid}\n")

    def is_ready(self) -> bool:
        # The port first: a driver's client costs threads, and would wait.
        if not ports.is_open(self.port):
            return False
        client: pymongo.MongoClient[dict[str, object]] = pymongo.MongoClient(
            self.url, timeoutMS=1000, serverSelectionTimeoutMS=1000
        )
        try:
            client.admin.command("ping")
        except pymongo.errors.PyMongoError:
            return False
        finally:
            client.close()
        return True
