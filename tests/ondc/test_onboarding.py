"""Joining the network: the site file, the challenge, what is published, and what a look beforehand finds."""

import json
import re
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from apps.ondc import onboarding, signing
from apps.ondc.checks import network_can_be_joined
from apps.ondc.network import NotConfigured, network
from apps.ondc.registry import RegistryRefused
from tests.ondc.network import BUYER, Participant, Registry, clock

REQUEST_ID = "27baa06d-f90a-486c-85e5-cc621b787f04"


@pytest.fixture
def theirs(settings: Settings, registry: Registry) -> bytes:
    """The registry's own secret, whose public half our settings name."""
    assert registry.url
    keys = signing.new_keys()
    settings.ONDC_REGISTRY_PUBLIC_KEY = keys.encryption_public_key
    settings.ONDC_SITE_REQUEST_ID = REQUEST_ID
    return signing.encryption_secret(keys.encryption_private_key)


def challenged(secret: bytes, ours: bytes, **changes: object) -> Any:  # Any: JSON
    public = signing.encryption_public_of(ours)
    sealed = signing.challenge("plain words", secret=secret, peer_public=public)
    body = {"subscriber_id": BUYER, "challenge": sealed} | changes
    return Client().post("/api/ondc/on_subscribe", body, content_type="application/json")


def test_the_registrys_challenge_is_answered_in_its_own_form(theirs: bytes) -> None:
    answer = challenged(theirs, network().encryption_secrets[0])

    assert (answer.status_code, json.loads(answer.content)) == (200, {"answer": "plain words"})


def test_while_keys_change_the_older_one_still_answers(theirs: bytes, settings: Settings) -> None:
    old = network().encryption_secrets[0]
    settings.ONDC_ENCRYPTION_KEYS = [
        signing.new_keys().encryption_private_key,
        *settings.ONDC_ENCRYPTION_KEYS,
    ]

    assert json.loads(challenged(theirs, old).content) == {"answer": "plain words"}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"challenge": "AAAA"}, 401),
        ({"challenge": ""}, 401),
        ({"challenge": "x" * 5_000}, 413),
        ({"challenge": None}, 401),
        ({"subscriber_id": "else.example"}, 400),
        ({"subscriber_id": None}, 400),
    ],
)
def test_what_is_no_challenge_of_the_registry_is_answered_with_nothing(
    theirs: bytes, changes: dict[str, object], status: int
) -> None:
    answer = challenged(theirs, network().encryption_secrets[0], **changes)

    assert answer.status_code in {status, 400}
    assert set(json.loads(answer.content)) == {"error"}
    assert Client().get("/api/ondc/on_subscribe").status_code == 405


def test_the_site_file_shows_the_signed_request_id(theirs: bytes, settings: Settings) -> None:
    assert theirs
    page = Client().get("/ondc-site-verification.html")

    assert page["Content-Type"].startswith("text/html")
    found = re.search(rb"<meta name='ondc-site-verification' content='([^']+)' />", page.content)
    assert found is not None
    public = signing.public_of(network().keys[0][1])
    assert signing.verify_text(REQUEST_ID, found[1].decode(), public_key=public)
    settings.ONDC_SITE_REQUEST_ID = ""
    assert Client().get("/ondc-site-verification.html").status_code == 404
    settings.ONDC_SUBSCRIBER_ID = ""
    assert Client().get("/ondc-site-verification.html").status_code == 404


def said(command: str, *arguments: str, **options: object) -> str:
    out = StringIO()
    call_command(command, *arguments, stdout=out, **options)
    return out.getvalue()


def test_new_keys_are_printed_as_settings_that_can_be_read(settings: Settings) -> None:
    lines = dict(
        line.split("=", 1)
        for line in said("ondc_keys", "--key-id", "k7").splitlines()
        if line.startswith("UMA_")
    )

    settings.ONDC_SUBSCRIBER_ID = BUYER
    settings.ONDC_SIGNING_KEYS = [lines["UMA_ONDC_SIGNING_KEYS"]]
    settings.ONDC_ENCRYPTION_KEYS = [lines["UMA_ONDC_ENCRYPTION_KEYS"]]
    assert network().keys[0][0] == "k7"


def test_what_the_registry_is_told_is_shown_and_sent_only_when_asked(
    theirs: bytes, registry: Registry, tmp_path: Path
) -> None:
    assert theirs
    entity = tmp_path / "entity.json"
    entity.write_text('{"email_id": "ops@bap.example.in"}')

    shown = json.loads(said("ondc_subscribe", "--entity", str(entity), "--city", "std:011"))

    assert registry.asked == []
    message = shown["message"]
    assert (message["request_id"], message["entity"]["callback_url"]) == (REQUEST_ID, "/api/ondc")
    assert message["entity"]["email_id"] == "ops@bap.example.in"
    assert [one["domain"] for one in message["network_participant"]] == ["ONDC:TRV10", "ONDC:TRV11"]
    published = message["entity"]["key_pair"]["signing_public_key"]
    assert signing.signing_public(published) == signing.public_of(network().keys[0][1])
    registry.says = (200, b'{"message":{"ack":{"status":"ACK"}},"error":{"code":null}}')
    assert "took it" in said("ondc_subscribe", "--send")
    assert registry.asked[-1][0] == "/subscribe"


@pytest.mark.parametrize(
    ("sentence", "meaning"),
    [
        ("Subscriber Id is not whitelisted", "whitelisted in the network's portal"),
        ("OCSP failed", "public authority"),
        ("Encryption verification is failed at /on_subscribe", "did not answer the challenge"),
        ("Domain verification is failed", "another request id"),
        ("something new", "something new"),
    ],
)
def test_a_refusal_is_explained_by_its_text(
    theirs: bytes, registry: Registry, sentence: str, meaning: str
) -> None:
    assert theirs
    said_no = {
        "message": {"ack": {"status": "NACK"}},
        "error": {"code": "132", "message": sentence},
    }
    registry.says = (200, json.dumps(said_no).encode())

    with pytest.raises(CommandError, match=re.escape(meaning)):
        said("ondc_subscribe", "--send")
    assert sentence in onboarding.explain(RegistryRefused(code="132", sentence=sentence))


@pytest.mark.django_db(transaction=True)
def test_a_preflight_over_http_finds_everything_fine(
    theirs: bytes, registry: Registry, live_server: LiveServer
) -> None:
    assert theirs
    _, seed = network().keys[0]
    registry.rows.append(Participant(id=BUYER, key_id="ours", kind="BAP", seed=seed))

    text = said("ondc_preflight", "--base", live_server.url)

    assert [line.split(":")[0] for line in text.splitlines()] == [
        "fine  vectors",
        "fine  clock",
        "fine  site",
        "fine  on_subscribe",
        "fine  registry",
    ]


@pytest.mark.django_db(transaction=True)
def test_each_thing_that_would_fail_is_said_in_a_sentence(
    theirs: bytes, registry: Registry, live_server: LiveServer, settings: Settings
) -> None:
    assert theirs
    _, seed = network().keys[0]
    other = Participant(id=BUYER, key_id="ours", kind="BAP")
    registry.rows.append(other)

    def finding(name: str, **facts: Any) -> str:
        base = facts.pop("base", live_server.url)
        for one in onboarding.preflight(network(), base=base, now=facts.pop("now", clock)):
            if one.name == name:
                assert not one.is_fine
                return one.sentence
        raise AssertionError(name)

    assert "another public key" in finding("registry")
    other.seed, other.status = seed, "INITIATED"
    assert "as INITIATED" in finding("registry")
    registry.rows.clear()
    assert "does not list" in finding("registry")
    assert "ahead of the registry's" in finding("clock", now=lambda: clock() + timedelta(minutes=1))
    assert "answers 404" in finding("site", base=live_server.url + "/api")
    assert "answers 404" in finding("on_subscribe", base=live_server.url + "/nowhere")
    assert "does not answer" in finding("site", base="http://127.0.0.1:1")
    settings.ONDC_SITE_REQUEST_ID = ""
    assert "UMA_ONDC_SITE_REQUEST_ID is not set" in finding("site")
    registry.stop()
    assert "does not answer" in finding("clock")
    with pytest.raises(CommandError, match="keep us off the network"):
        said("ondc_preflight", "--base", "http://127.0.0.1:1")


@pytest.fixture
def self_signed(tmp_path: Path) -> Iterator[int]:
    """A server with a certificate that nobody vouches for; yields its port."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2036, 1, 1, tzinfo=UTC)).sign(key, hashes.SHA256())
    )  # fmt: skip
    path = tmp_path / "both.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # refused handshakes are the point
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def test_a_certificate_that_strangers_would_refuse_is_named(self_signed: int) -> None:
    told = onboarding.certificate("localhost", port=self_signed, now=clock())
    assert "not to be trusted: self-signed certificate" in told.sentence

    gone = onboarding.certificate("localhost", port=1, now=clock())
    assert (gone.is_fine, "cannot be reached" in gone.sentence) == (False, True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ONDC_ENVIRONMENT", "moon"),
        ("ONDC_SIGNING_KEYS", []),
        ("ONDC_SIGNING_KEYS", ["no-colon"]),
        ("ONDC_SIGNING_KEYS", ["a|b:" + "A" * 43 + "="]),
        ("ONDC_SIGNING_KEYS", ["k1:short"]),
        ("ONDC_ENCRYPTION_KEYS", ["short"]),
        ("ONDC_REGISTRY_PUBLIC_KEY", "short"),
    ],
)
def test_settings_that_join_no_network_are_named_at_the_start(
    registry: Registry, settings: Settings, name: str, value: object
) -> None:
    settings.DEBUG = True
    assert list(network_can_be_joined()) == []
    assert registry.url
    setattr(settings, name, value)

    assert [one.id for one in network_can_be_joined()] == ["uma.E034"]
    with pytest.raises(NotConfigured):
        network()


def test_outside_debug_a_registry_without_tls_or_a_published_key_is_an_error(
    registry: Registry, settings: Settings
) -> None:
    assert registry.url
    settings.DEBUG = False
    assert ["HTTPS" in one.msg for one in network_can_be_joined()] == [True]
    settings.ONDC_REGISTRY_URL = ""
    assert list(network_can_be_joined()) == []
    vector = (
        "lP3sHA+9gileOkXYJXh4Jg8tK0gEEMbf9yCPnFpbldhrAY+NErqL9WD+Vav7TE5tyVXGXBle9ONZi2W7o144eQ=="
    )
    settings.ONDC_SIGNING_KEYS = [f"k1:{vector}"]
    assert ["published" in one.msg for one in network_can_be_joined()] == [True]
