"""Money between participants over real HTTP and real signatures: agreed, settled, disputed, late, repeated, unasked."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.e2e.conftest import PACE_S
from tests.e2e.riding import SHOPS, search
from tests.e2e.test_stranger import App
from tests.faults.conftest import Platform
from tests.faults.visiting import rows
from tests.notifications.clouds import SandboxProcess
from tests.sandbox.pretended_ondc import BUYER_ID, MERCHANT_OF_AUTOS, NetworkProcess

pytestmark = pytest.mark.timeout(240)
PATIENCE_S = 60
ACTS = "from apps.ondc import tasks; tasks.book_fees(); tasks.{act}(); tasks.observe()"


@pytest.fixture(scope="module")
def signed_in(platform: Platform, firebase: SandboxProcess) -> App:
    """One session for all: a number may be signed in with a few times in an hour."""
    found = App(platform, firebase, "phone-of-who-is-owed-for")
    found.sign_in("+919000012371")
    return found


@pytest.fixture
def rider(signed_in: App, network: NetworkProcess) -> App:
    network.order("reset")
    return signed_in


@pytest.fixture
def steps(network: NetworkProcess) -> Iterator[Callable[[float], None]]:
    """How long a step of others takes can be told; afterwards it is as long as it was."""
    yield lambda seconds: network.order("pace", seconds=seconds)
    network.order("pace", seconds=PACE_S)


def ridden(rider: App) -> str:
    """Ride to the end with the autos; return the settlement that it leaves."""
    ride = search(rider, SHOPS, seller=MERCHANT_OF_AUTOS)
    ride.confirmed()
    ride.order("RIDE_ENDED")
    wanted = (
        "SELECT s.id::text, 1 FROM ondc_settlement s JOIN ondc_rideorder o ON o.id = s.order_id"
        f" WHERE o.transaction_id = '{ride.id}'"
    )
    return until(rider, wanted, bool)


def until(rider: App, query: str, true: Callable[[list[tuple[str, int]]], bool]) -> str:
    """Look into the rows until they say so; return the first one's text."""
    deadline = time.monotonic() + PATIENCE_S
    while not true(found := rows(rider.platform, query)):
        assert time.monotonic() < deadline, (query, found)
        time.sleep(0.1)
    return found[0][0]


def does(rider: App, act: str) -> None:
    """Do a job of the night now."""
    rider.platform.manage("shell", "--command", ACTS.format(act=act))


def state(rider: App, settlement: str, wanted: str) -> None:
    query = (
        f"SELECT concat(recon, ' ', told_status), 1 FROM ondc_settlement WHERE id = '{settlement}'"
    )
    until(rider, query, lambda found: found == [(wanted, 1)])


def disputed(rider: App, settlement: str) -> list[tuple[str, int]]:
    query = (
        "SELECT kind, coalesce(theirs_paise - ours_paise, 0) FROM ondc_disagreement"
        f" WHERE settlement_id = '{settlement}' AND decided_at IS NULL"
    )
    return rows(rider.platform, query)


def line(rider: App, settlement: str) -> tuple[str, int]:
    """Return how the request to move a fee stands, what was answered to it, and how much was moved."""
    query = (
        "SELECT concat(r.state, ' ', l.answer), coalesce(l.told_paise, 0) FROM ondc_settlementline l"
        " JOIN ondc_settlementrequest r ON r.dispatch_id = l.request_id"
        f" WHERE l.settlement_id = '{settlement}' AND l.action = 'SETTLE'"
    )
    ((found, paise),) = rows(rider.platform, query)
    return found, paise


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def answered(
    network: NetworkProcess, action: str, *, by: str = "autos", about: str = "", count: int = 1
) -> list[dict[str, Any]]:  # Any: a JSON document
    """Wait for our answers to at least `count` calls of a seller that have `about` in them; return all of these."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        sent = [
            one
            for one in network.ask("sent")["sellers"][by]
            if one["action"] == action and about in one["body"]
        ]
        if len(sent) >= count and all(one.get("answer") for one in sent):
            return sent
        assert time.monotonic() < deadline, (action, sent)
        time.sleep(0.1)


def test_a_fee_is_agreed_upon_and_moved_though_every_answer_comes_thrice(
    rider: App, network: NetworkProcess
) -> None:
    settlement = ridden(rider)
    network.order("scenario", name="duplicates")

    does(rider, "ask_recon")
    state(rider, settlement, "AGREED TO_BE_INITIATED")
    does(rider, "settle_agreed")
    state(rider, settlement, "AGREED SETTLED")

    query = f"SELECT number, 1 FROM ondc_settlement WHERE id = '{settlement}'"
    number = rows(rider.platform, query)[0][0]
    for seller, action in (("autos", "on_recon"), ("agency", "on_settle")):
        # The first of them moves the row; the others may still be under way.
        said = answered(network, action, by=seller, about=number, count=3)
        acks = [json.loads(one["answer"])["message"]["ack"]["status"] for one in said]
        assert acks == ["ACK"] * 3, "each was said three times"
        message = json.loads(said[0]["body"])["context"]["message_id"]
        kept = (
            "SELECT action, count(*) FROM ondc_inboundmessage"
            f" WHERE message_id = '{message}' GROUP BY 1"
        )
        assert rows(rider.platform, kept) == [(action, 1)], "a repeat is not kept again"


def test_an_agency_that_settles_late_says_first_that_it_waits_and_then_that_it_moved(
    rider: App, network: NetworkProcess, steps: Callable[[float], None]
) -> None:
    settlement = ridden(rider)
    query = f"SELECT number, fee_paise FROM ondc_settlement WHERE id = '{settlement}'"
    ((number, fee_paise),) = rows(rider.platform, query)
    does(rider, "ask_recon")
    state(rider, settlement, "AGREED TO_BE_INITIATED")
    network.order("scenario", seller="agency", name="settles_later")
    steps(3)

    does(rider, "settle_agreed")
    state(rider, settlement, "AGREED PENDING")
    assert line(rider, settlement) == ("OPEN PENDING", 0), "its question waits with it"
    state(rider, settlement, "AGREED SETTLED")

    assert line(rider, settlement) == ("ANSWERED SETTLED", fee_paise)
    said = answered(network, "on_settle", by="agency", about=number, count=2)
    told = [json.loads(one["body"]) for one in said]
    # Both under the question's own id: the second is no repeat of the first.
    assert len({one["context"]["message_id"] for one in told}) == 1
    parts = [
        order["inter_participant"]
        for one in told
        for order in one["message"]["settlement"]["orders"]
        if order["id"] == number
    ]
    assert [part["status"] for part in parts] == ["PENDING", "SETTLED"]
    reference = (
        "SELECT reference, 1 FROM ondc_settlementline"
        f" WHERE settlement_id = '{settlement}' AND action = 'SETTLE'"
    )
    assert rows(rider.platform, reference) == [(parts[1]["reference_no"], 1)]
    assert disputed(rider, settlement) == []
    # What was moved is not asked to be moved once more.
    does(rider, "settle_agreed")
    heard = [one for one in network.ask("received")["sellers"]["agency"] if number in one["body"]]
    assert [one["action"] for one in heard] == ["settle"]
    rider.platform.manage("verify_ledger")


def test_what_the_agency_could_not_move_waits_for_a_person(
    rider: App, network: NetworkProcess
) -> None:
    settlement = ridden(rider)
    does(rider, "ask_recon")
    state(rider, settlement, "AGREED TO_BE_INITIATED")
    network.order("scenario", seller="agency", name="settles_not")

    does(rider, "settle_agreed")
    state(rider, settlement, "AGREED NOT_SETTLED")

    ((kind, _),) = disputed(rider, settlement)
    assert kind == "NOT_SETTLED"


def test_other_books_are_a_disagreement_and_an_answer_to_nothing_is_refused(
    rider: App, network: NetworkProcess
) -> None:
    network.order("scenario", name="other_books")
    settlement = ridden(rider)

    does(rider, "ask_recon")
    state(rider, settlement, "DIFFERS TO_BE_INITIATED")
    assert disputed(rider, settlement) == [("AMOUNT", 50)]

    newest = answered(network, "on_recon")[-1]
    body = json.loads(newest["body"])
    body["context"] |= {
        "message_id": str(uuid4()), "transaction_id": str(uuid4()), "timestamp": now(),
    }  # fmt: skip
    network.order("callback", seller="autos", url=newest["url"], action="on_recon", body=body)
    refused = json.loads(answered(network, "on_recon", count=2)[-1]["answer"])
    assert refused["error"]["code"] == "20008"


def test_silence_waits_for_a_person_until_the_late_answer_comes(
    rider: App, network: NetworkProcess
) -> None:
    settlement = ridden(rider)
    network.order("scenario", name="recon_silent")
    does(rider, "ask_recon")
    asked = [one for one in network.ask("received")["sellers"]["autos"] if one["action"] == "recon"]
    body = json.loads(asked[-1]["body"])
    with psycopg.connect(rider.platform.cluster.url) as connection:
        connection.execute(
            "UPDATE ondc_settlementrequest SET made_at = made_at - interval '2 days',"
            " until = until - interval '2 days' WHERE dispatch_id = %s",
            [body["context"]["message_id"]],
        )

    does(rider, "follow_requests")
    assert disputed(rider, settlement) == [("NO_ANSWER", 0)]
    for order in body["message"]["orders"]:
        order["recon_accord"] = True
    body["context"] |= {"action": "on_recon", "timestamp": now()}
    url = f"{body['context']['bap_uri']}/on_recon"
    network.order("callback", seller="autos", url=url, action="on_recon", body=body)

    state(rider, settlement, "AGREED TO_BE_INITIATED")
    assert disputed(rider, settlement) == []


def test_a_seller_asks_and_is_answered_in_its_own_context(
    rider: App, network: NetworkProcess
) -> None:
    settlement = ridden(rider)
    ((number, paise),) = rows(
        rider.platform, f"SELECT number, fee_paise FROM ondc_settlement WHERE id = '{settlement}'"
    )
    listed = network.ask("participants")["items"]
    uri = next(one["subscriber_url"] for one in listed if one["subscriber_id"] == MERCHANT_OF_AUTOS)
    own = f"{rider.platform.url}/api/ondc"
    amount = {"currency": "INR", "value": f"{int(paise) // 100}.{int(paise) % 100:02}"}
    body = {
        "context": {
            "domain": "ONDC:NTS10", "location": {"country": {"code": "IND"}, "city": {"code": "*"}},
            "version": "2.0.0", "action": "recon", "bap_id": BUYER_ID, "bap_uri": own,
            "bpp_id": MERCHANT_OF_AUTOS, "bpp_uri": uri, "transaction_id": str(uuid4()),
            "message_id": str(uuid4()), "ttl": "P1D",
            "timestamp": now(),
        },
        "message": {"orders": [{
            "id": number, "amount": amount, "settlements": [
                {"id": "S1", "payment_id": "P1", "status": "PENDING", "amount": amount, "commission": amount},
            ],
        }]},
    }  # fmt: skip

    network.order("callback", seller="autos", url=f"{own}/recon", action="recon", body=body)
    state(rider, settlement, "AGREED PENDING")
    does(rider, "follow_requests")

    heard = [
        one for one in network.ask("received")["sellers"]["autos"] if one["action"] == "on_recon"
    ]
    assert json.loads(heard[-1]["body"])["message"]["orders"][0]["recon_accord"] is True
