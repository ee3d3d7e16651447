"""
The bytes of a message: what is signed is what is sent, and JavaScript would print the same.

Several platforms check the digest of the body as their JSON library prints it again (ondc.md 4.6),
so that only a body which survives that is verified by everybody.
"""

from apps.ondc import signing
from apps.ondc.outgoing.context import Json


class WrongForm(ValueError):
    """A message holds what no counterparty should have to read: a bug of ours, never sent."""


def encode(*, context: Json, message: Json) -> bytes:
    """
    Return the body of a request.

    Raises:
        WrongForm: an empty or absent value, or one that JSON libraries print differently
    """
    return _encode({"context": context, "message": message})


def encode_error(*, context: Json, error: Json) -> bytes:
    """
    Return the body of an answer that brings an error in place of a message.

    Raises:
        WrongForm: as above
    """
    return _encode({"context": context, "error": error})


def _encode(body: Json) -> bytes:
    _check(body, "")
    try:
        return signing.wire(body)
    except signing.NotWireable as wrong:
        raise WrongForm(str(wrong)) from wrong


def _check(value: object, path: str) -> None:
    """Refuse what is absent or empty: optional keys are left out, never sent without a value."""
    if isinstance(value, dict):
        for key, each in value.items():
            _check(key, f"{path}.")
            _check(each, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for number, each in enumerate(value):
            _check(each, f"{path}[{number}]")
    if value is None or value in ("", [], (), {}):
        raise WrongForm(f"{path.lstrip('.') or 'A message'} is empty")
