"""The questions people are asked about their data, in the version that is asked today."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Purpose:
    """One use of personal data; a new text is a new version, and old answers do not carry over."""

    code: str
    version: int
    title: str
    text: str
    # Without it there is no service, so it ends with the account and not before.
    required: bool = False


PURPOSES: dict[str, Purpose] = {
    purpose.code: purpose
    for purpose in (
        Purpose(
            code="service",
            version=1,
            title="Running your account",
            text="UMA keeps your phone number, your bookings and your wallet, so that deals can be"
            " booked, proven at the counter and paid back to you.",
            required=True,
        ),
        Purpose(
            code="location",
            version=1,
            title="Deals near you",
            text="UMA uses where you are while you search or book, to show what is near and to"
            " check deals that are for people on the spot.",
        ),
        Purpose(
            code="offers",
            version=1,
            title="News and offers",
            text="UMA sends you messages about new deals and missions. Messages about your own"
            " bookings and your money come in any case.",
        ),
        Purpose(
            code="merchant_contact",
            version=1,
            title="Shops you visited may write to you",
            text="Shops where your visit was proven may send you messages through UMA. They never"
            " see your phone number.",
        ),
    )
}
