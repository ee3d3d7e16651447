"""The refusals of this app."""

from uma.kernel.errors import DomainError


class UnknownMessage(DomainError):
    code = "unknown_message"
    title = "There is no such message"
    status = 404


class AlreadyPushed(DomainError):
    code = "already_pushed"
    title = "This message has reached a phone already"
    status = 409


class PushInProgress(DomainError):
    code = "push_in_progress"
    title = "This message is waiting to be pushed already"
    status = 409
