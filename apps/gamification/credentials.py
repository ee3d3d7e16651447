"""
A badge to take along: an Open Badges 3.0 AchievementCredential with an `eddsa-jcs-2022` proof.

Open Badges 3.0 (1EdTech, 2024), Verifiable Credentials 2.0, and Data Integrity EdDSA Cryptosuites 1.0,
section 3.3: SHA-256 of the canonical proof options, then of the canonical document, signed with Ed25519.
Nothing here is a fraction or a key beyond ASCII, so sorted JSON is what RFC 8785 calls canonical.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from uuid import UUID, uuid5

from nacl.signing import SigningKey

from apps.gamification.badges import Badge

CONTEXTS = [
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
]
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
# The multicodec of an Ed25519 public key.
_ED25519 = b"\xed\x01"


def credential(
    *,
    badge: Badge,
    award_id: UUID,
    rider_id: UUID,
    earned_at: datetime,
    base_url: str,
    seed: str,
    now: datetime,
) -> dict[str, object]:
    """Return the signed credential of one award; it names nobody, whoever shows it holds it."""
    key = SigningKey(bytes.fromhex(seed))
    issuer = did_of(bytes(key.verify_key))
    document: dict[str, object] = {
        "@context": CONTEXTS,
        "id": f"urn:uuid:{award_id}",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": badge.name,
        "issuer": {"id": issuer, "type": ["Profile"], "name": "UMA", "url": base_url},
        "validFrom": _instant(earned_at),
        "credentialSubject": {
            # Of this award alone, so that two badges of one rider cannot be put together.
            "id": f"urn:uuid:{uuid5(award_id, str(rider_id))}",
            "type": ["AchievementSubject"],
            "achievement": {
                "id": f"{base_url}/api/badges#{badge.code}-{badge.version}",
                "type": ["Achievement"],
                "name": badge.name,
                "description": badge.description,
                "criteria": {"narrative": badge.description},
            },
        },
        "credentialStatus": {
            "id": f"{base_url}/api/badges/revocations",
            "type": "1EdTechRevocationList",
        },
    }
    return sign(document, key=key, issuer=issuer, now=now)


def sign(
    document: Mapping[str, object], *, key: SigningKey, issuer: str, now: datetime
) -> dict[str, object]:
    """Return the document with its proof."""
    options: dict[str, object] = {
        "@context": document["@context"],
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "created": _instant(now),
        "verificationMethod": f"{issuer}#{issuer.removeprefix('did:key:')}",
        "proofPurpose": "assertionMethod",
    }
    digest = sha256(_canonical(options)).digest() + sha256(_canonical(document)).digest()
    signature = key.sign(digest).signature
    return {**document, "proof": {**options, "proofValue": f"z{base58(signature)}"}}


def revocations(*, award_ids: list[UUID], base_url: str, seed: str) -> dict[str, object]:
    """Return the list of credentials that are good no more."""
    issuer = did_of(bytes(SigningKey(bytes.fromhex(seed)).verify_key))
    return {
        "id": f"{base_url}/api/badges/revocations",
        "issuer": issuer,
        "revokedCredential": [f"urn:uuid:{award_id}" for award_id in award_ids],
    }


def did_of(public_key: bytes) -> str:
    """Return the `did:key` of an Ed25519 public key: whoever reads it has the key."""
    return f"did:key:z{base58(_ED25519 + public_key)}"


def base58(data: bytes) -> str:
    """Return bytes in base58, Bitcoin's alphabet."""
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = _BASE58[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def _canonical(document: Mapping[str, object]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
