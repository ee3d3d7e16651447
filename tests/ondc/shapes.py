"""The form of what we say, written down from ondc.md 2, 3 and 6.3 to 7.3: what any message of ours is held to."""

from typing import Any

Json = dict[str, Any]  # Any: JSON documents
_UUID = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
_TEXT: Json = {"type": "string", "minLength": 1}
_CODE: Json = {
    "type": "object",
    "required": ["code"],
    "properties": {"code": _TEXT, "name": _TEXT, "short_desc": _TEXT},
}
_CONTEXT: Json = {
    "type": "object",
    "additionalProperties": False,
    "required": [
        "domain", "location", "action", "version", "bap_id", "bap_uri", "transaction_id",
        "message_id", "timestamp", "ttl",
    ],
    "properties": {
        "domain": {"enum": ["ONDC:TRV10", "ONDC:TRV11"]},
        "location": {
            "type": "object",
            "additionalProperties": False,
            "required": ["country", "city"],
            "properties": {
                "country": {"const": {"code": "IND"}},
                "city": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["code"],
                    "properties": {"code": {"type": "string", "pattern": r"^std:0\d+$"}},
                },
            },
        },
        "action": _TEXT,
        "version": {"enum": ["2.0.0", "2.0.1", "2.1.0"]},
        "bap_id": _TEXT,
        "bap_uri": {"type": "string", "pattern": "^https?://"},
        "bpp_id": _TEXT,
        "bpp_uri": {"type": "string", "pattern": "^https?://"},
        "transaction_id": {"type": "string", "pattern": _UUID},
        "message_id": {"type": "string", "pattern": _UUID},
        "timestamp": {
            "type": "string",
            "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$",
        },
        "ttl": {"type": "string", "pattern": r"^PT\d+S$"},
    },
    # Both name the seller, or it is a broadcast.
    "dependencies": {"bpp_id": ["bpp_uri"], "bpp_uri": ["bpp_id"]},
}  # fmt: skip
# What is true of a node wherever it stands, by its name.
_NAMED: Json = {
    "gps": {"type": "string", "pattern": r"^-?\d{1,3}\.\d{6}, -?\d{1,3}\.\d{6}$"},
    "value": {"type": "string", "minLength": 1},
    "price": {
        "type": "object",
        "required": ["value"],
        "properties": {
            "currency": {"const": "INR"},
            "value": {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"},
        },
    },
    "tags": {
        "type": "array",
        "minItems": 1,
        "items": {
            "type": "object",
            "additionalProperties": False,
            "required": ["descriptor", "display", "list"],
            "properties": {
                "descriptor": _CODE,
                "display": {"type": "boolean"},
                "list": {
                    "type": "array",
                    "minItems": 1,
                    "items": {"type": "object", "required": ["value"]},
                },
            },
        },
    },
    "payments": {
        "type": "array",
        "minItems": 1,
        "items": {
            "type": "object",
            "required": ["collected_by", "status", "type"],
            "properties": {
                "collected_by": {"enum": ["BAP", "BPP"]},
                "status": {"enum": ["PAID", "NOT-PAID"]},
            },
        },
    },
}
# Nothing empty, no null, no fraction: what JavaScript could print otherwise than it was signed.
_ANY: Json = {
    "anyOf": [
        {"type": "string", "minLength": 1},
        {"type": "boolean"},
        {"type": "integer"},
        {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/any"}},
        {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"pattern": r"\D"},
            "additionalProperties": {"$ref": "#/definitions/any"},
        },
    ]
}


def _message(required: list[str], also: tuple[str, ...] = (), **inside: Json) -> Json:
    known: Json = {name: inside.get(name, {}) for name in (*required, *also)}
    return {"additionalProperties": False, "required": required, "properties": known}


def _order(*required: str) -> Json:
    return _message(["order"], order={"required": list(required)})


_ORDER_ID: Json = _message(["order_id"], ("callback_url",))
MESSAGES: dict[str, Json] = {
    "search": _message(["intent"], intent={"required": ["fulfillment", "payment"]}),
    "select": _order("provider", "items"),
    "init": _order("provider", "items", "billing", "payments"),
    "confirm": _order("provider", "items", "billing", "payments"),
    "status": {"oneOf": [_message(["order_id"]), _message(["ref_id"])]},
    "track": _ORDER_ID,
    "cancel": _message(
        ["order_id", "cancellation_reason_id", "descriptor"],
        descriptor={"properties": {"code": {"enum": ["SOFT_CANCEL", "CONFIRM_CANCEL"]}}},
    ),
    "update": _message(["update_target", "order"], order={"required": ["id"]}),
    "support": _message(["support"]),
    "rating": _message(["ratings"]),
    "issue": _message(["issue"], ("update_target",), issue={"required": ["id", "status"]}),
    "issue_status": _message(["issue_id"]),
}


def schema(action: str) -> Json:
    """Return what a whole message of ours is held to: its envelope, its own parts, and every node in it."""
    return {
        "definitions": {"any": _ANY},
        "type": "object",
        "additionalProperties": False,
        "required": ["context", "message"],
        "properties": {
            "context": _CONTEXT,
            "message": {"allOf": [{"$ref": "#/definitions/any"}, MESSAGES[action]]},
        },
    }


def named(node: Any, path: str = "") -> list[tuple[str, Any, Json]]:  # Any: a JSON document
    """Return every node that a rule of its name is for: where it stands, what it is, the rule."""
    found: list[tuple[str, Any, Json]] = []
    children = node.items() if isinstance(node, dict) else enumerate(node)
    for name, child in children:
        if (rule := _NAMED.get(str(name))) is not None:
            found.append((f"{path}.{name}", child, rule))
        if isinstance(child, dict | list):
            found += named(child, f"{path}.{name}")
    return found
