"""Phone numbers: one spelling each (E.164), and how much of one a list shows."""

import phonenumbers

from uma.kernel.errors import PhoneInvalid

_SHOWN_DIGITS = 4
# Longer texts than any number with its extension are not worth parsing.
_MAX_CHARS = 32


def e164(text: str, region: str = "IN") -> str:
    """
    Return the number as `+<country><subscriber>`; without a `+` it is one of `region`.

    Raises:
        PhoneInvalid: not a number that exists, or one with an extension.
    """
    if len(text) > _MAX_CHARS:
        raise PhoneInvalid
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        raise PhoneInvalid from None
    if number.extension or not phonenumbers.is_valid_number(number):
        raise PhoneInvalid
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def masked(phone: str) -> str:
    """Return an E.164 number as lists show it: `+91 •••••• 3210`; nothing for nothing."""
    if not phone:
        return ""
    try:
        country = f"+{phonenumbers.parse(phone).country_code} "
    except phonenumbers.NumberParseException:
        country = ""
    return f"{country}•••••• {phone[-_SHOWN_DIGITS:]}"
