"""A badge to take along: signed so that a stranger with the specification in hand can tell."""

import json
from hashlib import sha256
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.gamification import services
from apps.gamification.models import Award, Visit
from tests.factories import bearer, make_rider, make_zone
from tests.gamification.making import make_visit

pytestmark = pytest.mark.django_db
ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def base58(text: str) -> bytes:
    """Decode base58 (written for this test: nothing of the product's)."""
    number = 0
    for letter in text:
        number = number * 58 + ALPHABET.index(letter)
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def digest(value: dict[str, Any]) -> bytes:  # Any: JSON
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(text.encode()).digest()


def verify(document: dict[str, Any]) -> None:  # Any: JSON
    """Verify as section 3.3 of Data Integrity EdDSA Cryptosuites says, with another library."""
    proof = dict(document["proof"])
    signature = base58(proof.pop("proofValue").removeprefix("z"))
    method = proof["verificationMethod"].partition("#")[2]
    multikey = base58(method.removeprefix("z"))
    assert multikey[:2] == b"\xed\x01"
    assert proof["verificationMethod"].startswith(document["issuer"]["id"] + "#")
    signed = {name: value for name, value in document.items() if name != "proof"}
    key = Ed25519PublicKey.from_public_bytes(multikey[2:])
    key.verify(signature, digest(proof) + digest(signed))


@pytest.fixture
def rider() -> User:
    make_zone("MNP")
    found = make_rider()
    make_visit(found.pk, at=timezone.now())
    services.settle_rider(rider_id=found.pk, now=timezone.now())
    return found


def ask(rider: User) -> Any:  # Any: a response
    headers = bearer(rider.pk, "rider", now=timezone.now())
    award = Award.objects.get(badge="first_timer")
    return Client().get(f"/api/badges/awards/{award.pk}/credential", headers=headers)


def test_a_credential_verifies_and_no_changed_one_does(rider: User) -> None:
    document = ask(rider).json()

    verify(document)
    assert document["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert document["credentialSubject"]["achievement"]["name"] == "First Timer"
    for change in (
        {"name": "Manipal Pro"},
        {"validFrom": "2020-01-01T00:00:00Z"},
        {"proof": document["proof"] | {"created": "2020-01-01T00:00:00Z"}},
    ):
        with pytest.raises(InvalidSignature):
            verify(document | change)


def test_a_credential_names_nobody(rider: User) -> None:
    text = ask(rider).content.decode()

    assert str(rider.pk) not in text
    assert rider.display_name not in text


def test_a_revoked_badge_gives_no_credential_and_is_on_the_public_list(rider: User) -> None:
    credential = ask(rider).json()
    services.undo_visit(handshake_id=Visit.objects.get().pk, now=timezone.now())
    services.settle_rider(rider_id=rider.pk, now=timezone.now())

    listed = Client().get(credential["credentialStatus"]["id"]).json()

    assert credential["id"] in listed["revokedCredential"]
    assert listed["issuer"] == credential["issuer"]["id"]
    assert ask(rider).json()["code"] == "unknown_badge"
