"""
A message without the people in it: what leaves us for the network's own statistics, and for reviewers.

Names, numbers, addresses, bank accounts, secrets that let somebody in, and free text are taken away by where they
stand; what looks like a number or an address of a person is taken out of every other text. Places are kept to
about a kilometre: city and area may stay (ondc.md 12). What nobody thought of is text in a known place or it is not
sent: long texts are cut.
"""

import re
from collections.abc import Mapping
from typing import Any

# Any: JSON documents of others.
Node = Any

GONE = "[removed]"
LONGEST = 300
# Whatever stands under these names goes whole.
_WHOLE = frozenset(
    {
        "person", "contact", "billing", "customer", "agent", "creds", "authorization", "support",
        "complainant_info", "updated_by", "actor_details", "resolution_provider",
        "resolution_support", "respondent_info", "gros", "bank_details", "images", "media",
        "additional_desc", "instructions", "xinput", "feedback_form", "callback_phone",
    }
)  # fmt: skip
# The value of these goes, whatever it is.
_VALUES = frozenset(
    {
        "phone", "email", "short_desc", "address", "building", "street", "locality", "door", "landmark", "ward",
        "registration", "token", "callback_url", "long_desc", "bank_account_number",
        "bank_code", "virtual_payment_address", "account_no", "ifsc_code", "tax_number", "vpa",
        "settlement_bank_account_no", "settlement_ifsc_code", "upi_address", "beneficiary_name",
        "settlement_reference", "tracking_url", "chat_link",
    }
)  # fmt: skip
# Tags whose value is a place, a way, or a bank's.
_TAGS = frozenset(
    {
        "ENCODED_POLYLINE", "WAYPOINTS", "SETTLEMENT_BANK_CODE", "SETTLEMENT_BANK_ACCOUNT_NUMBER",
        "SETTLEMENT_VIRTUAL_PAYMENT_ADDRESS", "CUSTOMER_PHONE_NUMBER", "CUSTOMER_NAME",
        "VIS_SPECIAL_REQUIREMENT",
    }
)  # fmt: skip
# Kept as they are: they name a message, an order or an app, and nobody.
_EXACT = frozenset(
    {
        "transaction_id", "message_id", "bap_id", "bap_uri", "bpp_id", "bpp_uri", "timestamp",
        "created_at", "updated_at", "id", "ref_id", "order_id", "issue_id", "signature",
    }
)  # fmt: skip
_PLACES = frozenset({"gps"})
_EMAIL = re.compile(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)*")
# Ten digits of a mobile number, however they are written.
_PHONE = re.compile(r"(?<![\w.\-])(?:\+?91[\s\-]?|0)?[6-9](?:[\s\-]?\d){9}(?![\w\-])")
_GPS = re.compile(r"\s*(-?\d{1,3}(?:\.\d+)?)\s*,\s*(-?\d{1,3}(?:\.\d+)?)\s*")
# A place in another text: a tag's value, a list of them.
_PAIR = re.compile(r"-?\d{1,3}\.\d{3,}\s*,\s*-?\d{1,3}\.\d{3,}")
_DECIMALS = 2


def redacted(document: Node) -> Node:
    """Return a copy of a message without the people in it."""
    return _without(document, "")


def _without(node: Node, name: str) -> Node:
    if name in _PLACES:
        return _coarse(node)
    if isinstance(node, Mapping):
        if _tag(node) in _TAGS:
            return {**node, "value": GONE}
        return {key: _member(key, value) for key, value in node.items()}
    if isinstance(node, list):
        return [_without(each, name) for each in node]
    return _text(node) if isinstance(node, str) and name not in _EXACT else node


def _member(key: str, value: Node) -> Node:
    if key in _WHOLE and not isinstance(value, bool):
        return GONE
    if key in _VALUES and not isinstance(value, Mapping):
        return GONE
    if key == "address" and isinstance(value, Mapping):
        # City and area code may stay.
        return {
            name: value[name] for name in ("city", "state", "country", "area_code") if name in value
        }
    return _without(value, key)


def _tag(node: Mapping[str, Node]) -> str:
    descriptor = node.get("descriptor")
    code = descriptor.get("code") if isinstance(descriptor, Mapping) else node.get("code")
    return str(code).upper() if code is not None and "value" in node else ""


def _text(text: str) -> str:
    found = _PAIR.sub(lambda pair: _coarse(pair[0]), text)
    return _PHONE.sub(GONE, _EMAIL.sub(GONE, found))[:LONGEST]


def _coarse(value: Node) -> str:
    found = _GPS.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return GONE
    return ", ".join(f"{float(part):.{_DECIMALS}f}" for part in found.groups())
