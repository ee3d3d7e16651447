"""The refusals of the handshake; each names its rule."""

from datetime import datetime

from apps.rides.selectors import Lack
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


_RIDE_WORDS = {
    Lack.NO_RIDE: "No ride to this booking has ended yet: the guest books it from the ticket in the app.",
    Lack.ELSEWHERE: "The ride ended away from the outlet: a ride from the ticket to the outlet proves it.",
    Lack.TOO_LONG_AGO: "The ride ended more than an hour before the scan: another one from the ticket proves it.",
}


class RideNotProven(DomainError):
    """The booking was sold to guests who come by a ride of the network, and this one is not known to have."""

    code = "ride_not_proven"
    title = "This deal is for guests who come by a ride booked in the app"
    advice = (
        "The ride is booked from the ticket, ends within the outlet's radius and comes before the scan by an"
        " hour at the most. One that has just ended is known within a minute: scan again. The guest gets no"
        " strike."
    )

    def __init__(self, lack: Lack, *, policy: str) -> None:
        super().__init__(_RIDE_WORDS[lack], policy=policy, lack=lack.value)


class DropoffNotHere(DomainError):
    """The booking was sold to guests whose ride ends at the outlet, and none is known to have."""

    code = "dropoff_not_here"
    title = "This deal is for guests whose ride ends at the outlet"
    advice = (
        "The ride is booked from the ticket and ends within the outlet's radius. One that has just ended is"
        " known within a minute: scan again. The guest gets no strike."
    )

    def __init__(self, lack: Lack) -> None:
        super().__init__(_RIDE_WORDS[lack], policy="ride_dropoff", lack=lack.value)


class BillNeeded(DomainError):
    """The booking was sold to be proven by the bill as well, and the scan named none."""

    code = "bill_needed"
    title = "This deal needs the amount of the guest's bill"
    status = 422
    advice = "Key in the bill and scan again: `billAmount`, in rupees, before the discount."

    def __init__(self, *, policy: str) -> None:
        super().__init__("Key in the guest's bill and scan again.", policy=policy)


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
