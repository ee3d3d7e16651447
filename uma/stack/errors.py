"""What the stack says when it cannot go on: one sentence about the cause, one about what to do."""


class StackError(Exception):
    """The stack cannot go on: `cause` says why, `advice` what the person at the terminal does."""

    def __init__(self, cause: str, advice: str) -> None:
        self.cause = cause
        self.advice = advice
        super().__init__(f"{cause} {advice}")
