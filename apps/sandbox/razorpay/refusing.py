"""Razorpay's shape of an error."""

from apps.sandbox.answer import Answer


class Refused(Exception):
    """The request is not one that Razorpay would carry out."""

    def __init__(
        self, description: str, *, field: str = "", status: int = 400, reason: str = "NA"
    ) -> None:
        super().__init__(description)
        self.description, self.field, self.status, self.reason = description, field, status, reason

    def answer(self) -> Answer:
        code = "BAD_REQUEST_ERROR" if self.status < 500 else "SERVER_ERROR"  # noqa: PLR2004
        error: dict[str, object] = {
            "code": code,
            "description": self.description,
            "source": "business",
            "step": "NA",
            "reason": self.reason,
            "metadata": {},
        }
        if self.field:
            error["field"] = self.field
        return Answer(self.status, {"error": error})
