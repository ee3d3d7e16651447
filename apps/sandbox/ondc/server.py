"""The pretended network's HTTP side: registry, gateway and sellers by path, and `/_control` to steer it."""

import sys
import time
from collections import deque
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from apps.ondc import signing
from apps.sandbox.answer import NOT_FOUND, Answer, object_in
from apps.sandbox.ondc import control, gateway, registry
from apps.sandbox.ondc.agency import Agency
from apps.sandbox.ondc.food import Food
from apps.sandbox.ondc.money import MONEY
from apps.sandbox.ondc.participants import Participant, Participants
from apps.sandbox.ondc.ride_forms import AUTOS, CABS
from apps.sandbox.ondc.rides import Rides
from apps.sandbox.ondc.sellers import Seller
from apps.sandbox.ondc.stops import BUSES_OF_THE_HILLS, METRO_OF_THE_COAST
from apps.sandbox.ondc.tickets import Tickets

HOST = "127.0.0.1"
BODY_MAX_BYTES = 1024 * 1024
# Namma Yatri's id holds a path with its merchant's number.
MERCHANT = "nammayatri.sandbox.example.in/beckn/7f7896dd-787e-4a0b-8675-e9e6fe93bb8f"
_DOWN = Answer(503, {"error": "out of order"})


class Network(ThreadingHTTPServer):
    """Everybody on the network but the buyer app, a thread for each connection."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(
        self, *, port: int, file: Path | None = None, buyer_address: str = "", pace_s: float = 4.0
    ) -> None:
        super().__init__((HOST, port), Handler)
        self.base_url = f"http://{HOST}:{self.server_address[1]}"
        # Where the buyer app listens: names lead nowhere here.
        self.buyer_address = buyer_address
        # How long a step of a ride takes.
        self.pace_s = pace_s
        self.registry_failures = 0
        # What the buyer told the network of its messages, and how often it is to be refused first.
        self.observed: deque[str] = deque(maxlen=5_000)
        self.observer_failures = 0
        self.participants: Participants = Participants(file=file)
        made = signing.new_keys()
        self.registry_secret = signing.encryption_secret(made.encryption_private_key)
        self.registry_public = made.encryption_public_key
        self.gateway = self.participants.add_ours(
            subscriber_id="gateway.sandbox.example.in",
            domain="*",
            kind="BG",
            url=f"{self.base_url}/gateway",
        )
        # Names of those who joined later.
        self._joined: set[str] = set()
        self.sellers: dict[str, Seller] = self._sellers()

    @property
    def paths(self) -> dict[str, Seller]:
        """Everybody by where they listen."""
        sellers = list(self.sellers.values())
        return {urlsplit(each.participant.url).path: each for each in sellers}

    def _participant(self, subscriber_id: str, domain: str, path: str) -> Participant:
        url = f"{self.base_url}/{path}"
        return self.participants.add_ours(
            subscriber_id=subscriber_id, domain=domain, kind="BPP", url=url
        )

    def join(self, names: Iterable[str]) -> None:
        """Let more sellers of cabs be on the network, beside those that always are; replaces who joined before."""
        joined = {
            name: Rides(
                network=self,
                name=name,
                participant=self._participant(f"{name}.sandbox.example.in", "ONDC:TRV10", name),
                hand=CABS,
                versions=("2.0.1", "2.1.0"),
            )
            for name in names
        }
        always = {name: one for name, one in self.sellers.items() if name not in self._joined}
        for name in self._joined - set(joined):
            self.sellers[name].participant.status = "UNSUBSCRIBED"
        self._joined = set(joined)
        self.sellers = always | joined

    def _sellers(self) -> dict[str, Seller]:
        one = self._participant
        autos = one(MERCHANT, "ONDC:TRV10", f"autos/{MERCHANT}")
        cabs = one("cabs.sandbox.example.in", "ONDC:TRV10", "cabs")
        tickets = one("chalo.sandbox.example.in", "ONDC:TRV11", "tickets/ondc/seller/v1")
        food = one("magicpin.sandbox.example.in/oms_partner/ondc", "ONDC:RET11", "food")
        agency = one("settlements.sandbox.example.in", MONEY, "agency")
        return {
            "autos": Rides(
                network=self, name="autos", participant=autos, hand=AUTOS, versions=("2.0.0",)
            ),
            "cabs": Rides(
                network=self,
                name="cabs",
                participant=cabs,
                hand=CABS,
                versions=("2.0.1", "2.1.0"),
            ),
            "tickets": Tickets(network=self, name="tickets", participant=tickets),
            "metro": Tickets(
                network=self,
                name="metro",
                participant=one("metro.sandbox.example.in", "ONDC:TRV11", "metro"),
                stations=METRO_OF_THE_COAST,
                versions=("2.0.1",),
            ),
            "buses": Tickets(
                network=self,
                name="buses",
                participant=one("buses.sandbox.example.in", "ONDC:TRV11", "buses"),
                stations=BUSES_OF_THE_HILLS,
                versions=("2.0.0",),
            ),
            "food": Food(network=self, name="food", participant=food),
            "agency": Agency(network=self, name="agency", participant=agency),
        }

    def verdict(self, raw: bytes, authorization: str) -> str:
        """Return why a signature proves nothing; empty when it is a subscriber's own."""
        if not authorization:
            return "no Authorization header"
        try:
            said = signing.parse_header(authorization)
            owner = self.participants.of(said.subscriber_id, said.unique_key_id)
            if owner is None:
                return "the registry lists no such key"
            public = signing.signing_public(owner.signing_public_key)
            signing.verify(raw, authorization, public_key=public, now=int(time.time()))
        except (signing.NotVerified, signing.KeyInvalid) as wrong:
            return str(wrong)
        return ""

    def handle_error(self, request: Any, client_address: Any) -> None:  # Any: the base class's
        """Tell of our own mistakes; a client that went away, or was killed, is no news."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """Routes by path; every answer has a length, so that connections live on."""

    server: Network
    protocol_version = "HTTP/1.1"
    # One packet an answer: a body after its header would wait for a delayed acknowledgement.
    wbufsize = -1
    timeout = 60

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path.startswith("/_control/"):
            self._answer(control.tell(self.server, path.removeprefix("/_control/")))
        else:
            self._answer(NOT_FOUND)

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > BODY_MAX_BYTES:
            self.close_connection = True
            self._answer(Answer(413, {"error": "a length of at most 1 MiB is required"}))
            return
        raw = self.rfile.read(int(length))
        path = urlsplit(self.path).path
        try:
            self._answer(self._routed(path, raw))
        except (KeyError, ValueError, TypeError, IndexError) as failure:
            self._answer(Answer(400, {"error": f"{type(failure).__name__}: {failure}"}))

    def _routed(self, path: str, raw: bytes) -> Answer:
        network = self.server
        if path.startswith("/_control/"):
            return control.order(network, path.removeprefix("/_control/"), object_in(raw))
        if path.startswith("/registry/"):
            return self._registry(path.removeprefix("/registry"), raw)
        if path == "/observability":
            return control.observe(network, raw, self.headers.get("Authorization", ""))
        if path == "/gateway/search":
            return gateway.search(network, raw, dict(self.headers))
        base, _, action = path.rpartition("/")
        seller = network.paths.get(base)
        return NOT_FOUND if seller is None else seller.receive(action, raw, dict(self.headers))

    def _registry(self, path: str, raw: bytes) -> Answer:
        network = self.server
        if network.registry_failures > 0:
            network.registry_failures -= 1
            return _DOWN
        if path == "/v2.0/lookup":
            return registry.lookup_v2(network, raw, self.headers.get("Authorization", ""))
        act = {
            "/lookup": registry.lookup_v1,
            "/vlookup": registry.vlookup,
            "/subscribe": registry.subscribe,
        }.get(path)
        return NOT_FOUND if act is None else act(network, object_in(raw))

    def _answer(self, answer: Answer) -> None:
        payload = answer.payload()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(payload)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(payload)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing: paths and statuses are no news, bodies are nobody's business."""
