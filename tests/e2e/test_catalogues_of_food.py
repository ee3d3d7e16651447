"""A seller of food in magicpin's hand: its catalogues through the web server, the worker and the document store."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pymongo
import pytest

from apps.ondc import signing
from apps.ondc.documents import GOODS, SHOPS
from tests.city import copy_city
from tests.e2e import jobs
from tests.faults.conftest import Platform
from tests.faults.visiting import rows
from tests.notifications.clouds import SandboxProcess
from tests.ondc.telling import where_it_is_noon
from tests.sandbox.pretended_ondc import NetworkProcess, buyer_settings
from uma.kernel.documents import Kept
from uma.stack import ports
from uma.stack.documents import Documents

pytestmark = pytest.mark.timeout(180)
PATIENCE_S = 60
CITY = "std:0820"
FULL, CHANGES = "FULL", "CHANGES"
# A catalogue of several megabytes: other callbacks may have one.
MANY = 6_000
SHOPS_OF_THE_CITY = 6
# The pretended network shows no more of what was said.
LONGEST_SHOWN = 100_000
Fact = dict[str, Any]  # Any: a document of the store


@dataclass
class Market:
    """A platform with a document store, and a seller of food on its network."""

    platform: Platform
    network: NetworkProcess
    store: Documents

    def does(self, *names: str) -> None:
        jobs.run(self.platform, *names)

    def ask(self, query: str) -> list[tuple[str, int]]:
        return rows(self.platform, query)

    def refresh(self, kind: str) -> str:
        """Return the question about the city's food that is open; nothing as long as there is none."""
        found = self.ask(
            "SELECT id::text, 1 FROM ondc_cataloguerefresh WHERE closed_at IS NULL"
            f" AND sale = 'RETAIL' AND city = '{CITY}' AND kind = '{kind}'"
        )
        return found[0][0] if found else ""

    def answers(self, refresh: str) -> dict[str, int]:
        """Return how many answers to a question there are in each state."""
        return dict(
            self.ask(
                "SELECT state, count(*) FROM ondc_catalogueanswer"
                f" WHERE refresh_id = '{refresh}' GROUP BY 1"
            )
        )

    def sent(self, refresh: str) -> list[Fact]:
        """Return what the seller said in answer to a question, with what was said to it."""
        return [
            one for one in self.network.ask("sent")["sellers"]["food"] if refresh in one["body"]
        ]

    def asked(self, kind: str, *, answers: int) -> str:
        """Have the city asked, and what is told imported; return the question."""
        self.until(lambda: self.refresh(kind), "plan_catalogues")
        refresh = self.refresh(kind)
        self.until(lambda: self.answers(refresh) == {"DONE": answers}, "keep_catalogues")
        return refresh

    def push(self, refresh: str, *providers: Mapping[str, object], ago_s: float = 0) -> str:
        """Have the seller push a change under an id of its own; return the verdict."""
        first = next(one for one in self.sent(refresh) if len(one["body"]) < LONGEST_SHOWN)
        at = datetime.now(UTC) - timedelta(seconds=ago_s)
        stamp = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        context = json.loads(first["body"])["context"]
        context |= {"message_id": str(uuid4()), "timestamp": stamp}
        body = {"context": context, "message": {"catalog": {"bpp/providers": list(providers)}}}
        self.network.order(
            "callback", seller="food", url=first["url"], action="on_search", body=body
        )
        return self.verdict()

    def verdict(self) -> str:
        """Return what was said to what the seller said last."""
        answer = json.loads(self.network.ask("sent")["sellers"]["food"][-1]["answer"])
        return str(answer["message"]["ack"]["status"])

    def imports(self, refresh: str, answers: int) -> None:
        self.until(lambda: self.answers(refresh) == {"DONE": answers}, "keep_catalogues")

    def until(self, true: Callable[[], object], job: str) -> None:
        """Let a job run as often as it takes until something is true."""
        deadline = time.monotonic() + PATIENCE_S
        while not true():
            assert time.monotonic() < deadline, (job, self.ask(_STATE))
            self.does(job)
            time.sleep(0.3)

    def known(self, kept: Kept, **of: object) -> list[Fact]:
        """Return what the store has of the city."""
        with pymongo.MongoClient[Fact](self.store.url) as client:
            wanted = client.get_default_database()[kept.name]
            return list(wanted.find({"city": CITY, **of}).sort("_id"))

    def closed(self) -> list[str]:
        return [one["name"] for one in self.known(SHOPS, is_enabled=False)]

    def prices_for_missions(self) -> dict[str, int]:
        """Return what tonight's missions would be made of, as the product reads it."""
        said = self.platform.manage("shell", "--command", _CANDIDATES)
        found: dict[str, int] = json.loads(said.strip().splitlines()[-1])
        return found

    def let_pass(self, minutes: int) -> None:
        """Let everything have been asked and told so long ago; nothing but time changes what was said."""
        ago = timedelta(minutes=minutes)
        with psycopg.connect(self.platform.cluster.url) as owner:
            owner.execute("ALTER TABLE ondc_cataloguerefresh DISABLE TRIGGER USER")
            owner.execute(
                "UPDATE ondc_cataloguerefresh SET said_at = said_at - %(ago)s, until = until - %(ago)s,"
                " since = since - %(ago)s, till = till - %(ago)s, settled_at = settled_at - %(ago)s,"
                " closed_at = closed_at - %(ago)s",
                {"ago": ago},
            )
            owner.execute("ALTER TABLE ondc_cataloguerefresh ENABLE TRIGGER USER")
        for kept in (SHOPS, GOODS):
            for name in ("told_at", "seen_at"):
                moments = sorted({one[name] for one in self.known(kept)})
                with pymongo.MongoClient[Fact](self.store.url) as client:
                    wanted = client.get_default_database()[kept.name]
                    for moment in moments:
                        wanted.update_many({name: moment}, {"$set": {name: moment - ago}})


_STATE = (
    "SELECT concat(r.city, ' ', r.sale, ' ', r.kind, ' ', r.state, ' ', a.state, a.error_code),"
    " count(*) FROM ondc_cataloguerefresh r LEFT JOIN ondc_catalogueanswer a ON a.refresh_id = r.id"
    " GROUP BY 1"
)
_CANDIDATES = """
import json
from django.utils import timezone
from apps.ondc.selectors import commerce_candidates
found = commerce_candidates(zone_id="MNP", now=timezone.now())
print(json.dumps({one.name: one.price_paise for one in found}))
"""


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory, firebase: SandboxProcess) -> Iterator[Market]:
    keys, port = signing.new_keys(), ports.any_free()
    network = NetworkProcess(keys=keys, pace_s=0.4)
    folder = tmp_path_factory.mktemp("market")
    store = Documents(folder=folder / "documents")
    store.start()
    copy_city(folder / "postgres")
    on_the_network = buyer_settings(network, keys=keys, web_port=port)
    more = {**firebase.settings, **on_the_network, "MONGODB_URL": store.url}
    platform = Platform(folder, more=more, port=port)
    with psycopg.connect(platform.cluster.url) as owner:
        # Or a quarter of an hour ago might have been yesterday, whose catalogue is old.
        owner.execute("UPDATE merchants_zone SET timezone = %s", [where_it_is_noon()])
    platform.manage("prepare_documents")
    platform.web.start()
    platform.worker.start()
    yield Market(platform, network, store)
    platform.stop()
    store.stop()
    network.stop()


@pytest.fixture(scope="module")
def told(market: Market) -> str:
    """The city's whole catalogue was told, one of its shops with a very large menu, everything three times."""
    market.network.order("food", more={"S6": MANY})
    market.network.order("scenario", seller="food", name="duplicates")
    refresh = market.asked(FULL, answers=SHOPS_OF_THE_CITY)
    market.network.order("scenario", seller="food", name="plain")
    return refresh


def test_a_citys_food_is_what_its_seller_told_last(market: Market, told: str) -> None:
    large_and_three_times_is_taken_once(market, told)
    an_older_word_changes_nothing(market, told)
    what_is_told_no_more_is_gone(market, told)


def large_and_three_times_is_taken_once(market: Market, told: str) -> None:
    """A very large catalogue that comes three times is kept once."""
    market.until(lambda: all("answer" in one for one in market.sent(told)), "keep_catalogues")
    sent = market.sent(told)

    assert len(sent) == 3 * SHOPS_OF_THE_CITY
    assert {(one["status"], one["answer"]) for one in sent} == {
        (200, '{"message":{"ack":{"status":"ACK"}}}')
    }
    kept = f"SELECT state, count(*) FROM ondc_inboundmessage WHERE transaction_text = '{told}' GROUP BY 1"
    assert market.ask(kept) == [("DONE", SHOPS_OF_THE_CITY)], "a repeat is not kept again"
    assert len(market.known(SHOPS)) == SHOPS_OF_THE_CITY
    goods = market.known(GOODS, provider_id="S6")
    # What is only an extra to something else is nothing that one goes out for.
    assert len(goods) == 2 + MANY
    assert {one["price_paise"] for one in goods} == {40_00, 50_00, 150_00}


def an_older_word_changes_nothing(market: Market, told: str) -> None:
    """Changes carry what they carry, and an older one that comes later changes nothing."""
    market.let_pass(minutes=20)
    market.until(lambda: market.refresh(FULL) != told, "keep_catalogues")
    before = {one["item_id"]: one for one in market.known(GOODS, provider_id="S3")}

    market.network.order("food", closed=["S2"], more={"S6": MANY})
    refresh = market.asked(CHANGES, answers=1)
    assert market.closed() == ["Two Ladles Tiffin"]
    assert market.push(refresh, shake("95.00")) == "ACK"
    market.imports(refresh, answers=2)
    opened = {"id": "S2", "time": {"label": "enable"}}
    assert market.push(refresh, shake("85.00"), opened, ago_s=600) == "ACK"
    market.imports(refresh, answers=3)

    after = {one["item_id"]: one for one in market.known(GOODS, provider_id="S3")}
    assert after["S3-1"]["price_paise"] == 95_00
    assert {name for name in after["S3-1"] if after["S3-1"][name] != before["S3-1"][name]} <= {
        "price_paise", "told_at", "changed_at", "digest",
    }  # fmt: skip
    assert after["S3-2"] == before["S3-2"]
    assert market.closed() == ["Two Ladles Tiffin"], "yesterday's opening is no news"
    assert len(market.known(GOODS, provider_id="S6")) == 2 + MANY
    # Pushed once more, byte for byte: acknowledged, and nothing comes of it.
    market.network.order("again", seller="food", action="on_search")
    assert market.verdict() == "ACK"
    assert market.push(refresh, shake("99.00")) == "ACK"
    market.imports(refresh, answers=4)
    assert market.prices_for_missions()["Tender Coconut Shake"] == 99_00
    assert "Masala Dosa" not in market.prices_for_missions(), "its shop is closed"


def what_is_told_no_more_is_gone(market: Market, told: str) -> None:
    """A shop that its seller tells no more is gone, and a bad push stops nothing."""
    market.let_pass(minutes=60 * 30)
    market.until(lambda: not market.refresh(CHANGES), "keep_catalogues")
    market.network.order("food", gone=["S6"])

    refresh = market.asked(FULL, answers=SHOPS_OF_THE_CITY - 1)
    assert refresh != told
    assert market.push(refresh, {"id": "S3", "items": "everything"}, {"name": "nobody"}) == "ACK"
    market.imports(refresh, answers=SHOPS_OF_THE_CITY)
    market.let_pass(minutes=3)
    market.until(lambda: not market.refresh(FULL), "keep_catalogues")

    assert market.known(GOODS, provider_id="S6") == []
    assert market.known(SHOPS, provider_id="S6") == []
    assert len(market.known(SHOPS)) == SHOPS_OF_THE_CITY - 1
    assert market.closed() == []


def shake(price: str) -> Mapping[str, object]:
    """Return what a push says of one drink: its price and nothing else."""
    return {"id": "S3", "items": [{"id": "S3-1", "price": {"currency": "INR", "value": price}}]}
