"""Why an event cannot be settled now, or ever."""


class Waits(Exception):
    """The event cannot be settled yet, for a reason with this code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Hopeless(Waits):
    """The event will never be settled by trying again: a person has to look."""
