"""Each callback that is served, proved in no way: 401, nothing kept, nothing done; proved, it is taken."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.urls import get_resolver, resolve

from apps.ondc import callback_urls, signing
from apps.ondc.callbacks import ABOUT_MONEY
from apps.ondc.handlers import HANDLERS
from apps.ondc.models import (
    Dispatch,
    InboundMessage,
    Offer,
    Question,
    RideOrder,
    SearchAnswer,
    SettlementRequest,
)
from apps.ondc.views import callbacks as views
from tests.ondc.network import (
    BUYER,
    Journey,
    Json,
    Participant,
    Registry,
    act,
    catalogue,
    clock,
    post,
    verdict,
)

pytestmark = pytest.mark.django_db
# Whatever is served is held to this, what is added tomorrow as well.
ACTIONS = sorted(HANDLERS)


@dataclass
class Scene:
    """A good callback of a seller's, and who else is on the network."""

    seller: Participant
    other: Participant
    gateway: Participant
    body: Json

    @property
    def raw(self) -> bytes:
        return signing.wire(self.body)

    def of_context(self, **changes: str) -> bytes:
        return signing.wire(self.body | {"context": self.body["context"] | changes})


def asked(journey: Journey, action: str) -> UUID:
    """Have asked this seller what the callback answers; return the question's message id."""
    until = clock() + timedelta(seconds=30)
    if action in ABOUT_MONEY:
        sent = Dispatch.objects.create(
            kind="SETTLEMENT", party=journey.seller.id, url="https://bpp.example.in/ondc/x",
            body="{}", next_attempt_at=clock(), made_at=clock(),
        )  # fmt: skip
        SettlementRequest.objects.create(
            dispatch=sent, action=action.removeprefix("on_").upper(), party=journey.seller.id,
            made_at=clock(), until=until,
        )  # fmt: skip
        return sent.pk
    question = Question.objects.create(
        transaction=journey.search.transaction, order=journey.order,
        action=action.removeprefix("on_"), bpp_id=journey.seller.id, asked_at=clock(), until=until,
    )  # fmt: skip
    return question.message_id


@pytest.fixture
def scene(journey: Journey, registry: Registry, request: pytest.FixtureRequest) -> Scene:
    """A ride on its way, and what its seller could say next: that it is over, and everything else."""
    action: str = request.param
    journey.reach("ACTIVE")
    other = Participant(id="other.example.in")
    gateway = Participant(id="gateway.example.in", kind="BG")
    registry.rows += [other, gateway]
    message: Json = {
        **catalogue("1.00"),
        **journey.told("ENDED", status="COMPLETED"),
        "issue": {"id": "I1"},
        "orders": [{"id": "O9"}],
        "settlement": {"type": "NIL"},
        "tracking": {"status": "active", "location": {"gps": "13.35,74.79"}},
        "support": {"phone": "18000000000"},
    }
    body = journey.body(action, message, message_id=asked(journey, action))
    return Scene(journey.seller, other, gateway, body)


Header = Callable[[Scene], tuple[bytes, str]]


def signed(sign: Callable[[Scene, bytes], str]) -> Header:
    return lambda scene: (scene.raw, sign(scene, scene.raw))


def unbound(sign: Callable[[Scene], Participant], **changes: str) -> Header:
    """Sign properly what somebody else says, or what is said to somebody else."""

    def make(scene: Scene) -> tuple[bytes, str]:
        raw = scene.of_context(**changes)
        return raw, sign(scene).sign(raw)

    return make


def broken(scene: Scene, raw: bytes) -> str:
    """Change the first letter of the signature itself, which stays base64 of 64 bytes."""
    head, mark, tail = scene.seller.sign(raw).partition('signature="')
    return head + mark + ("B" if tail[0] == "A" else "A") + tail[1:]


def at(**later: float) -> Header:
    return signed(lambda scene, raw: scene.seller.sign(raw, at=clock() + timedelta(**later)))


FORGED: dict[str, Header] = {
    "no header": signed(lambda _scene, _raw: ""),
    "no signature": signed(lambda _scene, _raw: "Bearer of good news"),
    "a wrong signature": signed(broken),
    "an empty signature": signed(
        lambda scene, raw: scene.seller.sign(raw).partition('signature="')[0] + 'signature=""'
    ),
    "another key's": signed(lambda scene, raw: replace(scene.seller, seed=bytes(32)).sign(raw)),
    "another seller's": signed(
        lambda scene, raw: replace(scene.other, id=scene.seller.id).sign(raw)
    ),
    "a key nobody lists": signed(lambda scene, raw: replace(scene.seller, key_id="k9").sign(raw)),
    "a stranger's": signed(lambda _scene, raw: Participant(id="stranger.example").sign(raw)),
    "our own": signed(lambda _scene, raw: Participant(id=BUYER, key_id="ours").sign(raw)),
    "the gateway's": signed(lambda scene, raw: scene.gateway.sign(raw)),
    "expired": at(seconds=-320),
    "of the future": at(seconds=60),
    "over before it began": signed(
        lambda scene, raw: scene.seller.sign(raw, expires=int(clock().timestamp()) - 5)
    ),
    "for ever": signed(
        lambda scene, raw: scene.seller.sign(raw, expires=int(clock().timestamp()) + 9_000)
    ),
    "another body's": signed(lambda scene, raw: scene.seller.sign(raw + b" ")),
    "of nothing": signed(lambda scene, _raw: scene.seller.sign(b"")),
    "of the body printed again": signed(
        lambda scene, raw: scene.seller.sign(json.dumps(json.loads(raw)).encode())
    ),
    "another algorithm": signed(
        lambda scene, raw: scene.seller.sign(raw).replace('m="ed25519"', 'm="rsa-sha256"')
    ),
    "the gateway's own word": unbound(lambda scene: scene.gateway, bpp_id="gateway.example.in"),
    "another's, who is on the network": unbound(lambda scene: scene.other),
    "in another's name": unbound(lambda scene: scene.seller, bpp_id="other.example.in"),
    "in its name with a capital": unbound(lambda scene: scene.seller, bpp_id="Bpp.example.in"),
    "to another buyer": unbound(lambda scene: scene.seller, bap_id="else.example.in"),
}

UNSIGNED = ("no header", "no signature")


def everything() -> tuple[object, ...]:
    """Return all that a callback could have changed."""
    order = RideOrder.objects.values("stage", "ride_state", "fare_paise", "driver_name").get()
    return (
        order,
        set(InboundMessage.objects.values_list("pk", "state")),
        Offer.objects.count(),
        SearchAnswer.objects.count(),
        set(Question.objects.values_list("pk", "answered_at")),
        set(SettlementRequest.objects.values_list("pk", "state")),
        set(Dispatch.objects.values_list("pk", "state")),
    )


@pytest.mark.parametrize("scene", ACTIONS, indirect=True)
def test_whatever_is_served_is_open_to_no_forged_header_and_to_the_good_one(scene: Scene) -> None:
    action = scene.body["context"]["action"]
    before = everything()
    # About money the network has codes of its own, one for no header and one for a wrong one.
    wrong, none = ("70000", "70001") if action in ABOUT_MONEY else ("20001", "20001")

    answers: dict[str, Any] = {}
    for case, forge in FORGED.items():
        raw, header = forge(scene)
        answer = post(scene.seller, raw, action=action, header=header)
        challenge = answer.get("WWW-Authenticate", "").partition(',headers="')[0]
        answers[case] = (answer.status_code, verdict(answer), challenge)
    act()

    realm = f'Signature realm="{BUYER}"'
    assert answers == {case: (401, none if case in UNSIGNED else wrong, realm) for case in FORGED}
    assert everything() == before
    # The very same bytes in their seller's hand: nothing but the proof was missing.
    assert verdict(post(scene.seller, scene.raw, action=action)) == "ACK"
    assert InboundMessage.objects.filter(action=action, state="WAITING").count() == 1


@pytest.mark.parametrize("scene", ACTIONS, indirect=True)
def test_a_good_signature_opens_the_path_of_its_action_and_no_other(scene: Scene) -> None:
    before = everything()
    action = scene.body["context"]["action"]

    for elsewhere in set(ACTIONS) - {action}:
        answer = post(scene.seller, scene.raw, action=elsewhere)
        found = (answer.status_code, verdict(answer))
        assert found == (200, "70002" if elsewhere in ABOUT_MONEY else "20006"), elsewhere
    act()

    assert everything() == before


def test_these_are_all_the_ways_in_from_the_network() -> None:
    """A path that is added beside them needs a proof of its own, and its own test of forgeries."""
    reached = {resolve(f"/api/ondc/{action}").func for action in ACTIONS}

    assert reached == {views.callback, views.reconcile}
    # The registry's challenge is proved by its secret (test_onboarding.py); the site file takes nothing.
    assert {one.callback for one in callback_urls.urlpatterns} - reached == {
        views.subscribed,
        views.site_verification,
    }
    assert resolve("/api/ondc/on_anything_else").func is views.callback
    assert get_resolver().resolve("/api/ondc/on_subscribe").func is views.subscribed
