"""The refusals of this app."""

from uma.kernel.errors import DomainError


class UnknownMessage(DomainError):
    code = "unknown_message"
    title = "There is no such message"
    status = 404


class UnknownDevice(DomainError):
    code = "unknown_device"
    title = "There is no such installation"
    status = 404


class AlreadyPushed(DomainError):
    code = "already_pushed"
    title = "This message has reached a phone already"
    status = 409


class PushInProgress(DomainError):
    code = "push_in_progress"
    title = "This message is waiting to be pushed already"
    status = 409


class UnknownEndpoint(DomainError):
    code = "unknown_endpoint"
    title = "There is no such webhook endpoint"
    status = 404


class EndpointOver(DomainError):
    code = "endpoint_over"
    title = "This webhook endpoint was disabled"
    advice = "Add the address again: the new endpoint has a secret of its own."


class DeliveryInProgress(DomainError):
    code = "delivery_in_progress"
    title = "This event is waiting to be sent already"
    status = 409


class EndpointExists(DomainError):
    code = "endpoint_exists"
    title = "Events go to this address already"


class EndpointNotAllowed(DomainError):
    code = "endpoint_not_allowed"
    title = "Events cannot be sent to this address"
    status = 422
    advice = "Name an https address on port 443 whose host is public."
