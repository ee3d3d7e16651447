"""What an operator must say before acting."""

from apps.merchants.errors import ReasonRequired


def require(text: str) -> None:
    """
    Refuse an act without a word why.

    Raises:
        ReasonRequired
    """
    if not text.strip():
        raise ReasonRequired
