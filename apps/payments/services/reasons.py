"""What an operator must say before money is touched."""

from apps.payments.errors import DeskReasonRequired


def require(text: str) -> None:
    """
    Refuse an act without a word why.

    Raises:
        DeskReasonRequired
    """
    if not text.strip():
        raise DeskReasonRequired
