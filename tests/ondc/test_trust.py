"""Whose key is it: asked once, remembered, looked up anew when it does not fit, believed for its time."""

import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import connection

from apps.ondc import signing, trust
from apps.ondc.models import Participant as Kept
from apps.ondc.network import network
from apps.ondc.registry import Record, RegistryRefused, RegistrySilent
from apps.ondc.registry import Registry as Asked
from apps.ondc.trust import Keyring
from tests.ondc.network import CITY, DOMAIN, Journey, Participant, Registry, clock, post, verdict

pytestmark = pytest.mark.django_db
NOW = clock()


@pytest.fixture
def keyring(registry: Registry) -> Iterator[Keyring]:
    assert registry.asked == []
    yield Keyring(Asked(network()))
    connection.close()


def find(keyring: Keyring, seller: Participant, *, at: datetime = NOW) -> Record | None:
    return keyring.find(subscriber_id=seller.id, unique_key_id=seller.key_id, now=at)


def test_a_key_is_asked_for_once_and_by_a_signed_question(
    registry: Registry, seller: Participant, keyring: Keyring
) -> None:
    records = [find(keyring, seller) for _ in range(5)]

    assert all(records)
    ((path, asked, header),) = registry.asked
    assert (path, asked) == ("/v2.0/lookup", {"subscriber_id": seller.id, "ukId": "k1"})
    (_, seed) = network().keys[0]
    raw = signing.wire(asked)
    found = signing.verify(
        raw, header, public_key=signing.public_of(seed), now=int(NOW.timestamp())
    )
    assert (found.subscriber_id, found.unique_key_id) == (network().subscriber_id, "ours")


def test_another_process_finds_what_one_was_told(
    registry: Registry, seller: Participant, keyring: Keyring
) -> None:
    find(keyring, seller)

    assert find(Keyring(Asked(network())), seller, at=NOW + timedelta(minutes=9)) is not None

    assert len(registry.asked) == 1
    assert Kept.objects.get().domains == [DOMAIN]


def test_after_ten_minutes_the_registry_is_asked_again(
    registry: Registry, seller: Participant, keyring: Keyring
) -> None:
    find(keyring, seller)
    seller.status = "UNSUBSCRIBED"
    assert find(keyring, seller, at=NOW + timedelta(minutes=9)) is not None

    assert find(keyring, seller, at=NOW + timedelta(minutes=11)) is None

    assert len(registry.asked) == 2


@pytest.mark.parametrize(
    "says", [(500, b""), (429, b"[]"), (200, b"<html>"), (302, b"[]"), (200, b'"x"'), (401, b"{}")]
)
def test_while_the_registry_is_silent_yesterdays_word_stands_and_no_longer(
    registry: Registry, seller: Participant, keyring: Keyring, says: tuple[int, bytes]
) -> None:
    find(keyring, seller)
    registry.says = says

    assert find(keyring, seller, at=NOW + timedelta(hours=23)) is not None
    # It is left alone for a while, and the next process believes the same.
    assert find(keyring, seller, at=NOW + timedelta(hours=23, seconds=20)) is not None
    assert len(registry.asked) == 2
    assert find(Keyring(Asked(network())), seller, at=NOW + timedelta(hours=23)) is not None

    assert find(keyring, seller, at=NOW + timedelta(hours=25)) is None


def test_silence_is_no_longer_life_for_a_key_that_ends(
    registry: Registry, seller: Participant, keyring: Keyring
) -> None:
    seller.valid_until = NOW + timedelta(hours=1)
    find(keyring, seller)
    registry.says = (503, b"")

    assert find(keyring, seller, at=NOW + timedelta(minutes=59)) is not None
    assert find(keyring, seller, at=NOW + timedelta(minutes=61)) is None


def test_a_key_that_nobody_lists_is_not_asked_for_again_within_a_minute(
    registry: Registry, keyring: Keyring
) -> None:
    stranger = Participant(id="stranger.example")
    for seconds in (0, 30, 59):
        assert find(keyring, stranger, at=NOW + timedelta(seconds=seconds)) is None
    assert len(registry.asked) == 1

    registry.rows.append(stranger)
    assert find(keyring, stranger, at=NOW + timedelta(seconds=61)) is not None


def test_a_key_that_is_no_longer_listed_is_forgotten_by_all(
    registry: Registry, seller: Participant, keyring: Keyring
) -> None:
    find(keyring, seller)
    registry.rows.clear()

    assert find(keyring, seller, at=NOW + timedelta(minutes=11)) is None

    assert not Kept.objects.exists()
    assert find(Keyring(Asked(network())), seller, at=NOW + timedelta(minutes=12)) is None


@pytest.mark.django_db(transaction=True)
def test_twenty_who_ask_at_once_ask_once(registry: Registry, seller: Participant) -> None:
    registry.pause_s = 0.3
    keyring = Keyring(Asked(network()))
    found: list[Record | None] = []

    def ask() -> None:
        found.append(find(keyring, seller))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 20
    assert all(found)
    assert len(registry.asked) == 1


def test_a_flood_of_made_up_names_reaches_the_registry_a_bounded_number_of_times(
    registry: Registry, seller: Participant
) -> None:
    keyring = Keyring(Asked(network()), asks_a_minute=5)
    for number in range(50):
        assert find(keyring, Participant(id=f"made-up-{number}")) is None

    assert len(registry.asked) == 5
    assert not Kept.objects.exists()
    assert find(keyring, seller) is None


def test_a_replaced_key_is_looked_up_when_the_old_one_does_not_fit(
    registry: Registry, journey: Journey
) -> None:
    journey.offered()
    Kept.objects.update(fetched_at=NOW - timedelta(minutes=5))

    trust._keyring_of.cache_clear()
    journey.seller.seed = signing.signing_seed(signing.new_keys().signing_private_key)
    asked = len(registry.asked)

    assert journey.offered().price_paise == 100_50

    assert len(registry.asked) == asked + 1
    # And a signature that never fits makes nobody ask each time.
    for _ in range(5):
        answer = post(
            journey.seller, b"{}", action="on_search", header=journey.seller.sign(b"other")
        )
        assert verdict(answer) == "20001"
    assert len(registry.asked) == asked + 1


def test_the_registry_is_read_in_all_the_shapes_it_answers_in(
    registry: Registry, seller: Participant
) -> None:
    row = seller.record()
    bare = {key: row[key] for key in ("subscriber_id", "country")}
    nested = bare | {
        "unique_key_id": "k1", "status": "SUBSCRIBED", "encryption_public_key": "E",
        "signing_public_key": row["signing_public_key"],
        "network_participant": [{"type": "sellerApp", "domain": DOMAIN, "subscriber_url": "/ondc",
                                 "city_code": ["std:080"]}],
    }  # fmt: skip

    registry.says = (200, json.dumps([nested, 1, {"type": "BPP"}, {"subscriber_id": "x"}]).encode())

    (found,) = Asked(network()).lookup_v1({"country": "IND", "domain": DOMAIN})

    assert (found.kind, found.unique_key_id, found.url) == (
        "BPP",
        "k1",
        f"https://{seller.id}/ondc",
    )
    assert (found.cities, found.encryption_public_key) == (("std:080",), "E")
    assert registry.asked[-1][0] == "/lookup"


def test_a_vlookup_signs_its_parameters_and_sellers_are_counted(
    registry: Registry, seller: Participant
) -> None:
    registry.rows.append(Participant(id="gone.example", status="EXPIRED"))
    asked = Asked(network())

    found = asked.sellers(domain=DOMAIN, city=CITY, now=clock())
    assert [row.subscriber_id for row in found] == [seller.id]
    registry.says = (200, b"[]")
    asked.vlookup(domain=DOMAIN, kind="BPP", city=CITY, subscriber_id="x", now=clock())

    path, body, header = registry.asked[-1]
    assert (path, header) == ("/vlookup", "")
    (_, seed) = network().keys[0]
    text = f"IND|{DOMAIN}|sellerApp|{CITY}|x"
    assert signing.verify_text(text, body["signature"], public_key=signing.public_of(seed))


def test_what_the_registry_refuses_is_told_in_its_words(registry: Registry) -> None:
    registry.says = (401, b'{"error": {"code": 1045, "message": "Authentication failed"}}')
    with pytest.raises(RegistryRefused, match="1045 Authentication failed"):
        Asked(network()).lookup({"country": "IND", "type": "BPP"}, now=clock())

    registry.says = (200, b"x" * (4 * 1024 * 1024 + 1))
    with pytest.raises(RegistrySilent):
        Asked(network()).lookup({"country": "IND", "type": "BPP"}, now=clock())
