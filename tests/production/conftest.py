"""Two web servers of one platform behind the real nginx, with the project's own configuration."""

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.faults.conftest import Platform, firebase, platform
from tests.notifications.queueing import until
from tests.tools import tool
from uma.stack import ports, process, programs
from uma.stack.folder import ROOT
from uma.stack.process import Process, Program
from uma.stack.server import Server

__all__ = ["firebase", "platform"]

CONFIGURATION = ROOT / "deploy" / "nginx.conf"
# Two names of this machine: a server is replaced by its name.
HOSTS = ("127.0.0.1", "127.0.0.2")
# What a package's nginx.conf puts around ours, in a folder of its own.
AROUND = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log notice;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/uma.conf;
}}
"""


@dataclass(frozen=True)
class Proxy:
    """A running nginx; `listing` is the command that rolling-restart pipes the list of servers into."""

    url: str
    port: int
    certificate: Path
    listing: str
    process: Process


def certify(folder: Path) -> Path:
    """Write the key and the certificate of `localhost` where the configuration looks; return the latter."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    tls = folder / "tls"
    tls.mkdir()
    (tls / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    (tls / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return tls / "fullchain.pem"


def configure(folder: Path, port: int, servers: Sequence[str], callbacks: str) -> Path:
    """Lay the project's configuration out in a folder; only its place, port and name are this machine's."""
    ours = CONFIGURATION.read_text()
    for there, here in {
        "/etc/uma/": f"{folder}/",
        "listen 443 ": f"listen {ports.HOST}:{port} ",
        "server_name uma.example;": "server_name localhost;",
    }.items():
        assert there in ours, there
        ours = ours.replace(there, here)
    (folder / "uma.conf").write_text(ours)
    (folder / "web.conf").write_text("".join(f"server {one};\n" for one in servers))
    (folder / "callbacks.conf").write_text(f"server {callbacks};\n")
    around = folder / "nginx.conf"
    around.write_text(AROUND.format(folder=folder))
    return around


@pytest.fixture
def webs(platform: Platform, tmp_path: Path) -> Iterator[dict[str, Server]]:
    """The two servers, by their addresses."""
    found: dict[str, Server] = {}
    for host in HOSTS:
        port = ports.any_free()
        found[f"{host}:{port}"] = programs.web(
            host="0.0.0.0",  # noqa: S104  # whatever the name, this machine; a test's, for its minute
            port=port,
            workers=1,
            environment={**platform.environment, "UMA_PROXY_COUNT": "1"},
            logs=tmp_path / str(port),
        )
    for server in found.values():
        server.start()
    yield found
    for server in found.values():
        if server.process is not None and server.alive():
            server.stop()


@pytest.fixture
def callee(platform: Platform, tmp_path: Path) -> Iterator[tuple[str, Server]]:
    """The address of the server of callbacks, and that server, for the test that starts it."""
    port = ports.any_free()
    server = programs.callbacks(
        port=port, environment={**platform.environment, "UMA_PROXY_COUNT": "1"}, logs=tmp_path
    )
    yield f"{ports.HOST}:{port}", server
    if server.process is not None and server.alive():
        server.stop()


@pytest.fixture
def proxy(
    webs: dict[str, Server],
    callee: tuple[str, Server],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Proxy]:
    """Nginx in front of both, with TLS that this process' clients trust."""
    folder = tmp_path / "nginx"
    folder.mkdir()
    certificate, port = certify(folder), ports.any_free()
    configuration = configure(folder, port, list(webs), callee[0])
    nginx = f"{tool('nginx', 'nginx') / 'nginx'} -c {configuration} -p {folder}"
    subprocess.run([*nginx.split(), "-t", "-q"], check=True)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    running = process.start(
        Program(name="nginx", command=nginx.split(), log=tmp_path / "nginx.log")
    )
    until(lambda: ports.is_open(port))
    yield Proxy(
        url=f"https://localhost:{port}",
        port=port,
        certificate=certificate,
        listing=f"cat >{folder}/web.conf && {nginx} -t -q && {nginx} -s reload",
        process=running,
    )
    running.kill()
