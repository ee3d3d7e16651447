"""The web servers are replaced while visitors are scanned: nobody is sent away, and nothing is lost or doubled."""

import os
import socket
import ssl
import subprocess
import time
from pathlib import Path

import pytest
import requests

from tests.faults.conftest import Platform
from tests.faults.visiting import Crowd, prepare, tell
from tests.kills.test_handshake_kills import check_kept, check_paid
from tests.production.conftest import Proxy
from uma.stack import ports
from uma.stack.folder import ROOT
from uma.stack.server import Server

pytestmark = pytest.mark.timeout(300)

DRAIN_S = 2
ACKS_BETWEEN = 10


# As in the proxy's container.
READY = "curl --fail --silent --show-error --output /dev/null --max-time 5 --header Host:localhost"


def roll(webs: dict[str, Server], proxy: Proxy, crowd: Crowd, folder: Path) -> None:
    """Run the script that operators run, and replace what it asks for, as compose does for them."""
    asked, ready = folder / "asked", folder / "ready"
    ask = f'echo "$1" >{asked}.new; mv {asked}.new {asked}'
    environment = {
        **os.environ,
        "READY": READY,
        "LIST": proxy.listing,
        "RESTART": f"replace() {{ {ask}; until rm {ready} 2>/dev/null; do sleep 0.1; done; }}; replace",
        "DRAIN_S": str(DRAIN_S),
    }
    script = [str(ROOT / "deploy" / "rolling-restart"), *webs]
    with subprocess.Popen(script, env=environment) as rolling:
        while rolling.poll() is None:
            assert crowd.wait_for(1, within_s=30), "nobody is served meanwhile"
            if asked.exists():
                replace(
                    next(
                        one for name, one in webs.items() if f"{asked.read_text().strip()}:" in name
                    )
                )
                asked.unlink()
                ready.touch()
    assert rolling.returncode == 0


def replace(server: Server) -> None:
    server.stop()
    server.start()


def test_servers_replaced_under_load_send_nobody_away(
    platform: Platform, webs: dict[str, Server], proxy: Proxy, tmp_path: Path
) -> None:
    shops, riders = prepare(platform, shops=4, riders=60)
    before = {name: server.process for name, server in webs.items()}
    crowd = Crowd(url=proxy.url, shops=shops, riders=riders, journal=tmp_path / "acks")
    crowd.begin()
    assert crowd.wait_for(ACKS_BETWEEN, within_s=30), crowd.surprises

    roll(webs, proxy, crowd, tmp_path)

    assert crowd.wait_for(ACKS_BETWEEN, within_s=30), crowd.surprises
    crowd.end(within_s=60)
    tell(f"{len(crowd.acks)} acknowledged, {dict(crowd.statuses)}")
    assert crowd.surprises == []
    # Each was answered at the first attempt.
    assert set(crowd.statuses) == {"rides/book 201", "handshake/execute 200"}
    assert all(webs[name].process is not old for name, old in before.items())
    check_kept(platform, crowd)
    check_paid(platform, crowd)
    platform.manage("verify_ledger")


def refused(webs: dict[str, Server], proxy: Proxy) -> subprocess.CompletedProcess[str]:
    """Run the script where no replacement becomes ready."""
    return subprocess.run(
        [str(ROOT / "deploy" / "rolling-restart"), *webs],
        env={
            **os.environ,
            "READY": READY,
            "LIST": proxy.listing,
            "RESTART": "false #",
            "DRAIN_S": "0",
        },
        check=False,
        capture_output=True,
        text=True,
    )


def test_nobody_is_left_to_a_server_that_does_not_serve(
    webs: dict[str, Server], proxy: Proxy
) -> None:
    first, second = webs
    webs[second].stop()

    stopped = refused(webs, proxy)

    assert stopped.returncode == 1
    assert f"{second} does not serve, so {first} stays" in stopped.stderr
    assert stopped.stdout == ""


def test_a_server_that_does_not_become_ready_stays_out_and_the_other_serves(
    webs: dict[str, Server], proxy: Proxy
) -> None:
    first = next(iter(webs))
    broken = refused(webs, proxy)

    assert broken.returncode == 1
    assert f"{first} did not become ready" in broken.stderr
    webs[first].stop()
    time.sleep(1)
    said = {requests.get(f"{proxy.url}/health", timeout=5).status_code for _ in range(10)}
    assert said == {200}


def test_only_tls_1_3_is_spoken_under_one_name_and_numbers_are_for_nobody_outside(
    proxy: Proxy,
) -> None:
    def greet(version: ssl.TLSVersion) -> str | None:
        trusting = ssl.create_default_context(cafile=proxy.certificate)
        trusting.minimum_version = trusting.maximum_version = version
        with (
            socket.create_connection((ports.HOST, proxy.port)) as plain,
            trusting.wrap_socket(plain, server_hostname="localhost") as spoken,
        ):
            return spoken.version()

    assert greet(ssl.TLSVersion.TLSv1_3) == "TLSv1.3"
    with pytest.raises(ssl.SSLError, match="ALERT_PROTOCOL_VERSION"):
        greet(ssl.TLSVersion.TLSv1_2)
    assert requests.get(f"{proxy.url}/metrics", timeout=5).status_code == 403
    assert requests.get(f"{proxy.url}/health/ready", timeout=5).status_code == 200
    with pytest.raises(requests.ConnectionError):
        # A name of the web processes, asked from outside.
        requests.get(f"{proxy.url}/health", headers={"Host": "127.0.0.1"}, timeout=5)
