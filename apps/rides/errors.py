"""The refusals of the rides app. Where a refusal lifts by itself, `until` says when."""

from datetime import datetime

from uma.kernel.errors import DomainError


def _clock(at: datetime) -> str:
    return f"{at:%d %B %Y, %H:%M} UTC"


class QrUnreadable(DomainError):
    code = "qr_invalid"
    title = "Not a valid UMA code"
    status = 422
    advice = "Scan the code in the rider's app again, or type the six digits below it."


class QrStale(DomainError):
    """
    The code is genuine, but not of this moment.

    `skew_seconds` is how far the code lies behind the server's clock: negative when it lies ahead.
    `server_time` lets the phone correct its offset.
    """

    code = "qr_stale"
    title = "This code has run out"
    status = 410
    advice = "Scan the code that the rider's app shows now; a photo or screenshot is not enough."

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


class BookingNotLive(DomainError):
    code = "booking_not_live"
    title = "This booking does not wait for its scan any more"


class TransitionRefused(DomainError):
    code = "booking_transition_refused"
    title = "A booking in this state cannot do that"

    def __init__(self, *, state: str) -> None:
        super().__init__(f"The booking is {state.lower()}.", state=state.lower())


class FareKnown(DomainError):
    code = "fare_known"
    title = "Another fare was told for this ride before"
    status = 409


class LiveLimitReached(DomainError):
    code = "live_limit_reached"
    title = "Two bookings are waiting for their scan already"
    advice = "Use or cancel one of them first."

    def __init__(self, *, until: datetime) -> None:
        super().__init__(
            f"Two bookings wait for their scan; the first place is free by {_clock(until)}.",
            until=until,
        )


class AlreadyBookedHere(DomainError):
    code = "already_booked_here"
    title = "A booking at this outlet is waiting for its scan already"
    advice = "Use or cancel that booking first."

    def __init__(self, *, until: datetime) -> None:
        super().__init__(
            f"A booking at this outlet waits for its scan until {_clock(until)}.", until=until
        )


class BookingCooldown(DomainError):
    code = "booking_cooldown"
    title = "Too many late cancellations"
    advice = "Cancel at least 30 minutes before a booking expires; that is free and never counts."

    def __init__(self, *, until: datetime) -> None:
        super().__init__(
            f"More than three late cancellations in a week: booking opens at {_clock(until)}.",
            until=until,
        )


class DealNotFunded(DomainError):
    code = "deal_not_funded"
    title = "The merchant cannot guarantee this deal right now"
    advice = "Choose another deal; this one returns when the merchant adds funds."


class StaticCodeNotOffered(DomainError):
    code = "static_qr_not_offered"
    title = "This deal has no printed code"
    advice = "Show the rotating code of the app."


class SpokenCodeUnknown(DomainError):
    code = "code_unknown"
    title = "No booking here has this code now"
    status = 404
    advice = "Ask for the six digits on the screen now; they change every 15 seconds."

    def __init__(self, *, tries_left: int) -> None:
        super().__init__(
            f"No booking here has this code now; {tries_left} tries are left.",
            tries_left=tries_left,
        )


class SpokenCodeAmbiguous(DomainError):
    code = "code_ambiguous"
    title = "Two bookings here have this code now"
    advice = "Scan the QR, or wait 15 seconds and ask for the next code."


class SpokenCodeUnavailable(DomainError):
    code = "code_unavailable"
    title = "Too many bookings wait here for six digits to be safe"
    advice = "Scan the QR."


class SpokenCodeLocked(DomainError):
    code = "code_locked"
    title = "Too many wrong codes"
    status = 429
    advice = "Scan the QR; it is never locked."

    def __init__(self, *, until: datetime) -> None:
        super().__init__(
            f"After five wrong codes, spoken codes open again at {_clock(until)}.", until=until
        )


class ReasonMissing(DomainError):
    code = "void_reason_missing"
    title = "Say why the booking is voided"
    status = 422


class BookingOver(DomainError):
    code = "booking_over"
    title = "This booking has no code any more"
    status = 410
    advice = "Book the deal again."
