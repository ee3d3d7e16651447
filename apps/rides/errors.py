"""The refusals of the rides app. Where a refusal lifts by itself, `until` says when."""

from datetime import datetime

from uma.kernel.errors import DomainError


class QrUnreadable(DomainError):
    code = "qr_invalid"
    title = "Not a valid UMA code"
    status = 422


class QrStale(DomainError):
    """
    The code is genuine, but not of this moment.

    `skew_seconds` is how far the code lies behind the server's clock: negative when it lies ahead.
    `server_time` lets the phone correct its offset.
    """

    code = "qr_stale"
    title = "This code has run out; show the current one"
    status = 410

    def __init__(self, *, skew_seconds: int, server_time: datetime) -> None:
        super().__init__(
            f"The code is {abs(skew_seconds)} s {'old' if skew_seconds > 0 else 'ahead'};"
            " show the one on the screen now.",
            skew_seconds=skew_seconds,
            server_time=server_time,
        )


class BookingNotFound(DomainError):
    code = "booking_not_found"
    title = "No such booking"
    status = 404


class TransitionRefused(DomainError):
    code = "booking_transition_refused"
    title = "A booking in this state cannot do that"
    status = 409


class LiveLimitReached(DomainError):
    code = "live_limit_reached"
    title = "Two bookings are waiting for their scan already"
    status = 409


class AlreadyBookedHere(DomainError):
    code = "already_booked_here"
    title = "A booking at this outlet is waiting for its scan already"
    status = 409


class BookingCooldown(DomainError):
    code = "booking_cooldown"
    title = "Too many late cancellations"
    status = 409


class StaticCodeNotOffered(DomainError):
    code = "static_qr_not_offered"
    title = "This deal has no printed code"
    status = 409


class SpokenCodeUnknown(DomainError):
    code = "code_unknown"
    title = "No booking has this code now"
    status = 404


class SpokenCodeAmbiguous(DomainError):
    code = "code_ambiguous"
    title = "Two bookings have this code now; scan the QR or wait for the next one"
    status = 409


class SpokenCodeUnavailable(DomainError):
    code = "code_unavailable"
    title = "Too many bookings are waiting for spoken codes to be safe; scan the QR"
    status = 409


class SpokenCodeLocked(DomainError):
    code = "code_locked"
    title = "Too many wrong codes"
    status = 429
