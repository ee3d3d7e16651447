"""The log of a journey for reviewers: every message in its order, with its evidence, without the people in it."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from apps.ondc import signing
from apps.ondc.models import InboundMessage, OutboundMessage
from apps.ondc.network import network
from apps.ondc.timeline import GONE, HOLDS
from tests.ondc.network import Journey, clock
from tests.ondc.test_redacting import people

pytestmark = pytest.mark.django_db


def test_a_bundle_holds_every_message_in_order_and_nobody(journey: Journey, tmp_path: Path) -> None:
    journey.reach("ACTIVE")
    driver = {"agent": {"person": {"name": "Driver One"}, "contact": {"phone": "9000000009"}}}
    assert journey.say("on_status", journey.told("ASSIGNED", ride=driver)) == "ACK"
    transaction_id = journey.search.transaction_id

    call_command("ondc_log_bundle", str(transaction_id), into=tmp_path)

    packed = (tmp_path / f"ondc-{transaction_id}.zip").read_bytes()
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        names = archive.namelist()
        documents = {name: json.loads(archive.read(name)) for name in names}
    index = documents.pop("index.json")["messages"]
    told = ["on_search", "on_select", "on_init", "on_confirm", "on_status"]
    assert [one["action"] for one in index] == told
    assert [one["file"] for one in index] == sorted(documents)
    assert [one["digest"] for one in index] == [
        row.digest for row in InboundMessage.objects.order_by("received_at")
    ]
    assert all(f"BLAKE-512={one['digest']}" in one["signed"] for one in index)
    assert {one["answer"]["ack"] for one in index} == {"ACK"}
    text = json.dumps(documents)
    assert "Driver One" not in text
    assert "9000000009" not in text
    assert [
        one for document in documents.values() for one in people(document) if "rem" not in one
    ] == []


def test_what_proves_a_message_of_either_side_is_in_the_index(
    journey: Journey, tmp_path: Path
) -> None:
    journey.reach("ACTIVE")
    raw, now = b'{"message":{"order_id":"O1"}}', clock()
    header = network().sign(raw, now=int(now.timestamp()))
    facts: dict[str, Any] = {  # Any: columns
        "order": journey.now(), "action": "status", "party": journey.seller.id,
        "url": "https://x/status", "digest": signing.digest(raw), "header": header,
        "said_at": now, "next_attempt_at": now,
    }  # fmt: skip
    OutboundMessage.objects.create(question=journey.ask("status"), body=raw.decode(), **facts)
    # Other bytes than were signed.
    other = raw.replace(b"O1", b"O2")
    OutboundMessage.objects.create(question=journey.ask("track"), body=other.decode(), **facts)
    call_command("ondc_log_bundle", str(journey.search.transaction_id), into=tmp_path)

    with zipfile.ZipFile(next(tmp_path.iterdir())) as archive:
        index = json.loads(archive.read("index.json"))["messages"]

    theirs = [one for one in index if one["from"] == journey.seller.id]
    ours = [one for one in index if one["from"] == "us"]
    assert {one["verdict"] for one in theirs} == {HOLDS}
    assert sorted(one["verdict"] == HOLDS for one in ours) == [False, True]
    for one in index:
        _, unique_key_id, _ = one["key"].split("|")
        seed = network().keys[0][1] if one["from"] == "us" else journey.seller.seed
        assert signing.verify_text(
            one["signed"], one["signature"], public_key=signing.public_of(seed)
        )
        assert unique_key_id == ("ours" if one["from"] == "us" else journey.seller.key_id)


def test_what_was_emptied_stays_as_evidence_and_no_bundle_is_overwritten(
    journey: Journey, tmp_path: Path
) -> None:
    journey.offered()
    InboundMessage.objects.update(raw="")
    call_command("ondc_log_bundle", str(journey.search.transaction_id), into=tmp_path)

    with zipfile.ZipFile(next(tmp_path.iterdir())) as archive:
        assert archive.namelist() == ["index.json"]
        (one,) = json.loads(archive.read("index.json"))["messages"]
    assert (one["file"], one["action"], one["verdict"]) == (None, "on_search", GONE)
    with pytest.raises(CommandError, match="exists"):
        call_command("ondc_log_bundle", str(journey.search.transaction_id), into=tmp_path)
    with pytest.raises(CommandError, match="Nothing was said"):
        call_command("ondc_log_bundle", str(uuid4()), into=tmp_path)
