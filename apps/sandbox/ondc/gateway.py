"""The gateway: a search is passed on to every seller of its domain and city, with its own signature added."""

import json
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from apps.sandbox.answer import Answer
from apps.sandbox.ondc.sellers import ACK, Nack

if TYPE_CHECKING:
    from apps.sandbox.ondc.server import Network

NO_CITY = "10002"


def search(network: "Network", raw: bytes, headers: Mapping[str, str]) -> Answer:
    """Acknowledge a broadcast and pass it on, byte for byte."""
    verdict = network.verdict(raw, headers.get("Authorization", ""))
    if verdict:
        return Nack("10001", f"Invalid signature: {verdict}", status=401).answer()
    context = json.loads(raw)["context"]
    if "bpp_id" in context or context["action"] != "search":
        return Nack("10000", "Only a search without a seller is broadcast.").answer()
    city = context.get("city") or context["location"]["city"]["code"]
    wanted = {"domain": context["domain"], "type": "BPP"} | ({} if city == "*" else {"city": city})
    found = {one.subscriber_id for one in network.participants.find(wanted)}
    if not found:
        return Nack(NO_CITY, "Nobody sells this there.").answer()
    ours = network.gateway.sign(raw, created=int(time.time()))
    passed = {"Authorization": headers["Authorization"], "X-Gateway-Authorization": ours}
    for seller in network.sellers.values():
        if seller.participant.subscriber_id in found:
            threading.Thread(
                target=seller.receive, args=("search", raw, passed), daemon=True
            ).start()
    return ACK
