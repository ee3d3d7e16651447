"""What every refusal of the domain has: a code, a title, a status and the facts of this instance."""

from typing import ClassVar


class DomainError(Exception):
    """
    A rule said no; nothing was written.

    Class facts: `code` (snake_case, stable, on the wire), `title` (a short sentence), `status` (4xx, or
    503 for a zone or a service that is closed for now). Instance facts: `detail` (one sentence for the
    person who reads it) and `extra` (JSON-able members of the problem document, snake_case).
    """

    code: ClassVar[str]
    title: ClassVar[str]
    status: ClassVar[int] = 409

    def __init__(self, detail: str | None = None, /, **extra: object) -> None:
        self.detail = detail if detail is not None else f"{self.title}."
        self.extra = extra
        super().__init__(self.detail)
