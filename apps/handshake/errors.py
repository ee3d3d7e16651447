"""The refusals of the handshake; each names its rule."""

from datetime import datetime

from uma.kernel.errors import DomainError


class UnknownCode(DomainError):
    code = "unknown_code"
    title = "This code is not for your shop"
    status = 404


class AlreadyRedeemed(DomainError):
    code = "already_redeemed"
    title = "This code was already redeemed"


class BookingExpired(DomainError):
    code = "booking_expired"
    title = "This booking has expired"
    status = 410

    def __init__(self, *, expired_at: datetime) -> None:
        super().__init__(
            f"The booking was good until {expired_at:%d %B %Y, %H:%M} UTC.", expired_at=expired_at
        )


class CampaignSuspended(DomainError):
    """Said of fraud alone, and does not say so: whoever stands at the counter may know nothing of it."""

    code = "campaign_suspended"
    title = "This offer was suspended"
    advice = (
        "The booking is void and costs the guest nothing: no strike, and the place is free again."
    )


class ScannerNotAllowed(DomainError):
    code = "scanner_not_allowed"
    title = "Your role may not scan"
    status = 403


class ScannerNotAtOutlet(DomainError):
    code = "scanner_not_at_outlet"
    title = "This booking is for another outlet"
    status = 403


class SelfRedemption(DomainError):
    code = "self_redemption"
    title = "Staff cannot redeem their own booking"
    status = 403


class OutletNeeded(DomainError):
    code = "outlet_needed"
    title = "Say at which of your outlets this is"
    status = 422


class DealWaiting(DomainError):
    code = "deal_waiting"
    title = "This guest has a deal here"
    advice = "Scan the code of the guest's booking instead: the guest is owed what was booked."


class VisitCounted(DomainError):
    code = "visit_counted"
    title = "This visit is counted already, by its deal"


class UnknownHandshake(DomainError):
    code = "unknown_handshake"
    title = "No such handshake"
    status = 404


class NotReversible(DomainError):
    code = "not_reversible"
    title = "This handshake cannot be reversed"


class ReversalTooLate(DomainError):
    code = "reversal_too_late"
    title = "The time to reverse this handshake is over"

    def __init__(self, *, until: datetime) -> None:
        super().__init__(f"It could be reversed until {until:%d %B %Y, %H:%M} UTC.", until=until)


class ReversalTooLarge(DomainError):
    code = "reversal_too_large"
    title = "More than was paid cannot be returned"
    status = 422

    def __init__(self, *, left_paise: int) -> None:
        super().__init__("Return at most what is left of the reimbursement.", left_paise=left_paise)


class NotDisputable(DomainError):
    code = "not_disputable"
    title = "This handshake cannot be disputed"


class DisputeTooLate(DomainError):
    code = "dispute_too_late"
    title = "The time to dispute this handshake is over"

    def __init__(self, *, until: datetime) -> None:
        super().__init__(f"It could be disputed until {until:%d %B %Y, %H:%M} UTC.", until=until)
