"""What every refusal of the domain has: a code, a title, a status and its own facts."""

from typing import ClassVar


class DomainError(Exception):
    """
    A rule said no; nothing was written.

    Class facts: `code` (snake_case, stable, on the wire), `title` (a short sentence), `status`
    (4xx, or 503 for a zone or a service that is closed for now), `advice` (what the reader can do
    about it, shown at /problems/<code>), `retry_after_s` (sent as Retry-After when set) and
    `applied` (whether the request can have changed anything: `maybe` only when the outcome is
    unknown). Instance facts: `detail` (one sentence for the person who reads it) and `extra`
    (JSON-able members of the problem document, snake_case).
    """

    code: ClassVar[str]
    title: ClassVar[str]
    status: ClassVar[int] = 409
    advice: ClassVar[str] = ""
    retry_after_s: ClassVar[int | None] = None
    applied: ClassVar[str] = "definitely_not"

    def __init__(self, detail: str | None = None, /, **extra: object) -> None:
        self.detail = detail if detail is not None else f"{self.title}."
        self.extra = extra
        super().__init__(self.detail)


class PhoneInvalid(DomainError):
    code = "phone_invalid"
    title = "This is not a phone number"
    status = 422
    advice = "Send the number with its country code, like +91 98765 43210."
