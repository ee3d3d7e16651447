"""What a handler is given and what it answers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from apps.ondc.models import InboundMessage, Question, RideOrder
from apps.ondc.reading import Node


class Outcome(StrEnum):
    """What became of a callback: it changed something, or was no news."""

    DONE = "DONE"
    IGNORED = "IGNORED"


class Refused(Exception):
    """The message makes no sense here and never will by itself: a person has to look."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(slots=True)
class Handling:
    """One callback being handled: its row is locked; what it strays in is noted on it."""

    message: InboundMessage
    body: Node
    sent_at: datetime
    sender_uri: str
    now: datetime
    deviations: list[str] = field(default_factory=list)

    @property
    def transaction_id(self) -> UUID:
        """The journey that the callback was found to belong to: without one it was not taken."""
        assert self.message.transaction_id is not None
        return self.message.transaction_id

    def lock_order(self) -> RideOrder:
        """
        Lock the order that the callback is about, for this transaction.

        Two callbacks about one order, and a rider's tap, wait for each other here.

        Raises:
            Refused
        """
        orders = RideOrder.objects.select_for_update(no_key=True, of=("self",)).select_related(
            "transaction"
        )
        row = self.message
        asked = row.question.order_id if row.question else None
        if asked is not None:
            return orders.get(pk=asked)
        found = orders.filter(transaction_id=self.transaction_id, bpp_id=row.sender).first()
        if found is None:
            raise Refused("order_unknown")
        return found

    def answered(self) -> None:
        """Note that the question has its answer."""
        if self.message.question_id is not None:
            Question.objects.filter(pk=self.message.question_id, answered_at=None).update(
                answered_at=self.now
            )


Handler = Callable[[Handling], Outcome]
