"""Callbacks go to a server of their own through the real nginx, and to the web servers while it is away."""

import re

import requests

from tests.alerts.watching import TOKEN
from tests.production.conftest import Proxy
from uma.stack.server import Server


def refused(proxy: Proxy) -> tuple[int, object]:
    """Send what nobody signed; return how it was answered."""
    answer = requests.post(
        f"{proxy.url}/api/ondc/on_search", json={"context": {}, "message": {}}, timeout=20
    )
    return answer.status_code, answer.json()["message"]["ack"]["status"]


def seen(address: str) -> float:
    """Return how many callbacks a server has seen."""
    page = requests.get(
        f"http://{address}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=20
    )
    return sum(
        float(count)
        for count in re.findall(r"^uma_ondc_callbacks_total\{.*\} (\S+)$", page.text, re.MULTILINE)
    )


def test_a_callback_waits_before_no_counter_and_is_answered_while_its_server_is_away(
    proxy: Proxy, callee: tuple[str, Server], webs: dict[str, Server]
) -> None:
    address, server = callee
    server.start()

    answered = refused(proxy)

    assert answered == (401, "NACK")
    assert seen(address) == 1
    assert [seen(web) for web in webs] == [0, 0]

    server.stop()

    assert refused(proxy) == answered
    assert sum(seen(web) for web in webs) == 1
