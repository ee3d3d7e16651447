"""
`make run`: every step from an empty folder to "ready", then watching until Ctrl-C.

One process owns `.local/` and is the parent of everything else, so that nothing outlives it.
"""

import signal
import socket
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from uma.stack import environment as environments
from uma.stack import folder as folders
from uma.stack import ports, programs
from uma.stack.documents import Documents
from uma.stack.errors import StackError
from uma.stack.folder import LOCAL, ROOT, Owner
from uma.stack.journey import TEST_CODE
from uma.stack.postgres import Cluster
from uma.stack.screen import Screen
from uma.stack.server import Server
from uma.stack.supervisor import Supervisor
from uma.stack.valkey import Valkey

_STOP_WITHIN_SECONDS = 4.5
_LOOK_EVERY_SECONDS = 0.1
_DEFAULT_WEB_PORT = 8000
_COMMANDS = ROOT / "apps" / "handshake" / "management" / "commands"


class Told(KeyboardInterrupt):
    """Ctrl-C, SIGTERM or a closed terminal: stop."""


class Stack:
    """The platform on this machine; settings come from `environ` (UMA_WEB_PORT and the like)."""

    def __init__(self, *, environ: Mapping[str, str], screen: Screen, folder: Path = LOCAL) -> None:
        self.folder = folder
        self.logs = folder / "log"
        self.screen = screen
        self.supervisor = Supervisor(say=screen.say)
        self.values: dict[str, str] = {}
        self._environ = environ
        self._owner: Owner | None = None
        self._host = environ.get("UMA_WEB_HOST", ports.HOST)
        self.web_port = _number(environ, "UMA_WEB_PORT") or _DEFAULT_WEB_PORT
        # The network is told of it minutes before anybody listens there.
        self._callbacks: socket.socket | None = None
        self.addresses: dict[str, str] = {"UMA_WEB_URL": self.url}

    @property
    def url(self) -> str:
        return f"http://localhost:{self.web_port}"

    def run(self) -> int:
        """Bring everything up, watch it, take it down; return the exit code."""
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, _told)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            # Unless started by nohup: then a closed terminal means nothing.
            signal.signal(signal.SIGHUP, _told)
        try:
            self.up()
            while True:
                time.sleep(_LOOK_EVERY_SECONDS)
                self.supervisor.look()
        except KeyboardInterrupt:
            return 0
        except StackError as problem:
            self.screen.refuse(problem)
            return 1
        finally:
            self.down()

    def up(self) -> None:
        """
        Take every step up to "ready".

        Raises:
            StackError: a step failed; what was started still runs, `down` ends it.
        """
        started = time.monotonic()
        with self.screen.step("This machine has what it takes"):
            self._check_machine()
        self._start_stores()
        self._start_sandbox()
        razorpay_port = self._name_razorpay()
        ondc_port = self._name_ondc()
        self.values = environments.write(self.folder / "env", addresses=self.addresses)
        self._start_razorpay(razorpay_port)
        self._start_ondc(ondc_port)
        with self.screen.step("The database has today's tables"):
            self._manage("migrate", "--no-input", title="Migrating the database")
        if "DATABASE_OWNER_URL" in self.addresses:
            with self.screen.step("The role that serves has its rights"):
                self._manage("grant", title="Granting the serving role its rights")
        with self.screen.step("The demo city is there"):
            self._manage_if_there("seed_demo", title="Seeding the demo city")
        with self.screen.step("The documents have their shapes"):
            self._manage("prepare_documents", "--if-it-answers", title="Preparing the documents")
        self._start_programs()
        with self.screen.step("One journey through the public API"):
            receipt = self._manage_if_there(
                "demo",
                "--base",
                f"http://{ports.HOST}:{self.web_port}",
                title="The journey through the API",
            )
        self.screen.show(receipt)
        self.screen.ready(took=time.monotonic() - started, rows=self._rows())

    def down(self) -> None:
        """Stop everything that runs; a second Ctrl-C while stopping ends it at once."""
        started = time.monotonic()
        signal.signal(signal.SIGINT, lambda *_: self.supervisor.kill())
        killed = self.supervisor.stop(within=_STOP_WITHIN_SECONDS)
        if self._owner is not None:
            self._owner.leave()
            note = f" (ended the hard way: {', '.join(killed)})" if killed else ""
            self.screen.say(f"Stopped in {time.monotonic() - started:.1f} s{note}.")

    def _check_machine(self) -> None:
        folders.make_private(self.folder)
        owner = Owner(self.folder)
        if not owner.take(url=self.url):
            raise already_running(owner)
        self._owner = owner
        folders.require_space(self.folder)
        ports.require_free(self.web_port, service="the web server", setting="UMA_WEB_PORT")

    def _start_stores(self) -> None:
        addresses = {
            name: value
            for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "MONGODB_URL")
            if (value := self._environ.get(name))
        }
        ours: dict[str, Cluster | Valkey | Documents] = {}
        if "DATABASE_URL" not in addresses:
            ours["DATABASE_URL"] = Cluster(
                folder=self.folder / "postgres",
                wanted_port=_number(self._environ, "UMA_POSTGRES_PORT"),
            )
        if "REDIS_URL" not in addresses:
            ours["REDIS_URL"] = Valkey(
                folder=self.folder / "valkey", wanted_port=_number(self._environ, "UMA_VALKEY_PORT")
            )
        if "MONGODB_URL" not in addresses:
            ours["MONGODB_URL"] = Documents(
                folder=self.folder / "documents",
                wanted_port=_number(self._environ, "UMA_DOCUMENTS_PORT"),
            )
        if ours:
            with self.screen.step("The stores are starting"):
                self.supervisor.launch(list(ours.values()), stores=True)
        self._wait_for(list(ours.values()))
        self.addresses |= addresses | {name: server.url for name, server in ours.items()}
        if isinstance(cluster := ours.get("DATABASE_URL"), Cluster):
            self.addresses |= {
                "DATABASE_URL": cluster.serving_url,
                "DATABASE_OWNER_URL": cluster.url,
            }

    def _start_programs(self) -> None:
        (self.folder / "beat").mkdir(exist_ok=True)
        servers = [
            programs.web(
                host=self._host,
                port=self.web_port,
                workers=_number(self._environ, "UMA_WEB_WORKERS") or 2,
                environment=self.values,
                logs=self.logs,
            ),
            programs.worker(
                concurrency=_number(self._environ, "UMA_WORKER_CONCURRENCY") or 2,
                environment=self.values,
                logs=self.logs,
            ),
            programs.beat(folder=self.folder / "beat", environment=self.values, logs=self.logs),
        ]
        if self._callbacks is not None:
            with self._callbacks as held:
                port: int = held.getsockname()[1]
            servers.append(programs.callbacks(port=port, environment=self.values, logs=self.logs))
        with self.screen.step("The programs are starting"):
            self.supervisor.launch(servers, stores=False)
        self._wait_for(servers)

    def _start_sandbox(self) -> None:
        """Start the stand-ins, unless the environment names the real Firebase."""
        there = (ROOT / "apps" / "sandbox" / "__main__.py").exists()
        if not there or self._environ.get("UMA_FIREBASE_CREDENTIALS"):
            return
        folder = self.folder / "sandbox"
        folders.make_private(folder)
        port = ports.choose(
            wanted=_number(self._environ, "UMA_SANDBOX_PORT"),
            remembered=folder / "port",
            service="the sandbox",
            setting="UMA_SANDBOX_PORT",
        )
        credentials = folder / "firebase.json"
        self.addresses["UMA_FIREBASE_CREDENTIALS"] = str(credentials)
        for cloud in ("FCM", "FIREBASE_AUTH", "RECAPTCHA"):
            self.addresses[f"UMA_{cloud}_URL"] = f"http://{ports.HOST}:{port}"
        # Whoever repeats the demo signs in as the same three people each time.
        self.addresses["UMA_RATE_SIGN_IN_PHONE"] = self._environ.get(
            "UMA_RATE_SIGN_IN_PHONE", "1000/hour"
        )
        server = programs.sandbox(
            port=port,
            credentials=credentials,
            people=folder / "people.json",
            environment={},
            logs=self.logs,
        )
        self.supervisor.launch([server], stores=False)
        self._wait_for([server])

    def _name_razorpay(self) -> int | None:
        """Return where the pretended Razorpay will listen; None when the environment has an account."""
        if self._environ.get("UMA_RAZORPAY_KEY_ID"):
            return None
        folders.make_private(self.folder / "razorpay")
        port = ports.choose(
            wanted=_number(self._environ, "UMA_RAZORPAY_PORT"),
            remembered=self.folder / "razorpay" / "port",
            service="the pretended Razorpay",
            setting="UMA_RAZORPAY_PORT",
        )
        self.addresses["UMA_RAZORPAY_KEY_ID"] = "rzp_test_sandbox"
        self.addresses["UMA_RAZORPAY_URL"] = f"http://{ports.HOST}:{port}"
        # What the stand-in calls the account that payouts leave from.
        self.addresses["UMA_RAZORPAYX_ACCOUNT_NUMBER"] = "7878780080316316"
        return port

    def _start_razorpay(self, port: int | None) -> None:
        if port is None:
            return
        server = programs.razorpay(
            port=port,
            platform=f"http://{ports.HOST}:{self.web_port}",
            kept=self.folder / "razorpay" / "kept.json",
            # It signs with the secrets that the platform checks with.
            environment=self.values,
            logs=self.logs,
        )
        self.supervisor.launch([server], stores=False)
        self._wait_for([server])

    def _name_ondc(self) -> int | None:
        """Return where the pretended network will listen; None when the environment names a real one."""
        if self._environ.get("UMA_ONDC_SUBSCRIBER_ID"):
            return None
        folders.make_private(self.folder / "ondc")
        port = ports.choose(
            wanted=_number(self._environ, "UMA_ONDC_PORT"),
            remembered=self.folder / "ondc" / "port",
            service="the pretended ONDC network",
            setting="UMA_ONDC_PORT",
        )
        callbacks_port = ports.choose(
            wanted=_number(self._environ, "UMA_CALLBACKS_PORT"),
            remembered=self.folder / "ondc" / "callbacks-port",
            service="the server of callbacks",
            setting="UMA_CALLBACKS_PORT",
        )
        self._callbacks = ports.hold(callbacks_port)
        base = f"http://{ports.HOST}:{port}"
        self.addresses |= {
            "UMA_ONDC_ENVIRONMENT": "staging",
            "UMA_ONDC_SUBSCRIBER_ID": "uma.sandbox.example.in",
            "UMA_ONDC_SUBSCRIBER_URI": f"http://{ports.HOST}:{callbacks_port}/api/ondc",
            "UMA_ONDC_REGISTRY_URL": f"{base}/registry",
            "UMA_ONDC_GATEWAY_URL": f"{base}/gateway",
            "UMA_ONDC_SETTLEMENT_AGENCY_ID": "settlements.sandbox.example.in",
            "UMA_ONDC_SETTLEMENT_AGENCY_URI": f"{base}/agency",
        }
        return port

    def _start_ondc(self, port: int | None) -> None:
        if port is None:
            return
        server = programs.ondc(
            port=port,
            platform=f"http://{ports.HOST}:{self.web_port}",
            kept=self.folder / "ondc" / "keys.json",
            # Its registry lists the platform's key from the start.
            environment=self.values,
            logs=self.logs,
        )
        self.supervisor.launch([server], stores=False)
        self._wait_for([server])

    def _wait_for(self, servers: Sequence[Server]) -> None:
        for server in servers:
            with self.screen.step(f"{server.title} answers"):
                server.wait_ready()

    def _manage(self, command: str, *arguments: str, title: str) -> str:
        program = programs.python(
            name=command,
            arguments=["manage.py", command, *arguments],
            environment=self.values,
            logs=self.logs,
        )
        return programs.run_to_end(program, title=title)

    def _manage_if_there(self, command: str, *arguments: str, title: str) -> str:
        if not (_COMMANDS / f"{command}.py").exists():
            return ""
        return self._manage(command, *arguments, title=title)

    def _rows(self) -> list[tuple[str, str]]:
        return [
            ("API", f"{self.url}/api/docs"),
            ("Health", f"{self.url}/health"),
            ("Console", f"{self.url}/admin/   operator / operator"),
            *self._sign_ins(),
            *self._rides(),
            ("Another terminal", f"{ROOT.name}$ .venv/bin/python manage.py shell"),
            ("Logs", str(self.logs)),
        ]

    def _rides(self) -> list[tuple[str, str]]:
        gateway = self.addresses.get("UMA_ONDC_GATEWAY_URL", "")
        network = gateway.removesuffix("/gateway")
        return [("Pretended rides", f"{network}/_control/scenarios")] if network else []

    def _sign_ins(self) -> list[tuple[str, str]]:
        if "UMA_FIREBASE_AUTH_URL" not in self.addresses:
            return [
                ("Sign in", f"by phone through your Firebase; POST {self.url}/api/auth/firebase")
            ]
        return [
            ("Pretended phone", f"{self.addresses['UMA_FIREBASE_AUTH_URL']}/   codes and pushes"),
            ("Sign in as", "a rider +1 202 555 0101 to 0112, an owner +1 202 555 0120 to 0159"),
            (
                "  by code",
                f"{TEST_CODE} for these; any other number gets one on the pretended phone",
            ),
            ("  in a terminal", "make token PHONE=+12025550101"),
        ]


def already_running(owner: Owner) -> StackError:
    """Return the refusal of a second start, which says where the first one is."""
    facts = owner.facts()
    return StackError(
        f"UMA already runs: process {facts.get('pid', '?')}, {facts.get('url', 'still starting')}.",
        "Use that one, or stop it first: Ctrl-C in its terminal, or `make stop`.",
    )


def _told(_number: int, _frame: object) -> None:
    raise Told


def _number(environ: Mapping[str, str], name: str) -> int | None:
    """
    Return a setting that is a number, None when it is absent.

    Raises:
        StackError: it is something else.
    """
    text = environ.get(name, "")
    if not text:
        return None
    if not text.isdecimal() or not 0 < int(text) < 2**16:
        raise StackError(f"{name}={text} is no number from 1 to 65535.", "Correct it, then again.")
    return int(text)
