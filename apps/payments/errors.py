"""The refusals of money that comes in and goes out."""

from datetime import datetime

from uma.kernel.errors import DomainError
from uma.kernel.money import rupees


class TopUpAmountNotAllowed(DomainError):
    code = "top_up_amount_not_allowed"
    title = "This amount cannot be added at once"
    status = 422

    def __init__(self, *, least_paise: int, most_paise: int) -> None:
        super().__init__(
            f"Add between ₹{rupees(least_paise):,} and ₹{rupees(most_paise):,} at once.",
            least=rupees(least_paise),
            most=rupees(most_paise),
        )


class TopUpNotFound(DomainError):
    code = "top_up_not_found"
    title = "There is no such top-up"
    status = 404


class GatewayUnavailable(DomainError):
    """Razorpay did not answer in time, or said that it cannot; nothing is lost."""

    code = "payment_gateway_unavailable"
    title = "The payment gateway does not answer"
    status = 503
    advice = "Try again with the same Idempotency-Key: what was begun goes on."
    retry_after_s = 10


class WebhookNotSigned(DomainError):
    """The bytes were not signed with a secret that Razorpay and this platform share."""

    code = "webhook_not_signed"
    title = "The signature does not fit"
    status = 401


class WebhookNotReadable(DomainError):
    code = "webhook_not_readable"
    title = "This is not an event"
    status = 400


class WebhookTooLarge(DomainError):
    code = "webhook_too_large"
    title = "An event is smaller than this"
    status = 413


class EventNotFound(DomainError):
    code = "gateway_event_not_found"
    title = "There is no such event"
    status = 404


class FundAccountKnown(DomainError):
    code = "fund_account_known"
    title = "This account is on your list already"


class UnknownFundAccount(DomainError):
    code = "unknown_fund_account"
    title = "No such account"
    status = 404


class FundAccountNotPayable(DomainError):
    """Nobody has made sure yet whose account it is, or it waits for its first day to end."""

    code = "fund_account_not_payable"
    title = "Nothing is paid to this account yet"
    advice = (
        "Wait until `until`; where it is null, `verification` says why: wait while it is `checking` or"
        " `in_review`, add another account when it is `name_mismatch` or `not_found`."
    )

    def __init__(self, *, until: datetime | None, verification: str) -> None:
        super().__init__(None, until=until and until.isoformat(), verification=verification)


class ValidationNotFound(DomainError):
    code = "account_validation_not_found"
    title = "No bank was asked that"
    status = 404


class ValidationNotClose(DomainError):
    """Only a name that nearly fits is decided about, and once."""

    code = "account_validation_not_close"
    title = "Nobody has to decide about this name"


class ValidationNotNeeded(DomainError):
    code = "account_validation_not_needed"
    title = "This account is verified, or its bank is being asked"


class PayoutAmountNotAllowed(DomainError):
    code = "payout_amount_not_allowed"
    title = "This amount cannot be paid out at once"
    status = 422

    def __init__(self, *, least_paise: int, most_paise: int) -> None:
        super().__init__(
            f"Take out between ₹{rupees(least_paise):,} and ₹{rupees(most_paise):,} at once.",
            least=rupees(least_paise),
            most=rupees(most_paise),
        )


class PayoutsPaused(DomainError):
    """A sign-in from another phone, or another number: whoever stole it waits."""

    code = "payouts_paused"
    title = "Withdrawals wait after an unusual sign-in"

    def __init__(self, *, until: datetime | None) -> None:
        super().__init__(None, until=until and until.isoformat())


class KycLevelTooLow(DomainError):
    code = "kyc_level_too_low"
    title = "We do not know you well enough to pay you"
    status = 403
    advice = "Have an account in your own name checked first."


class PayoutBlockedByDebt(DomainError):
    code = "payout_blocked_by_debt"
    title = "A debt comes first"

    def __init__(self, *, owed_paise: int) -> None:
        super().__init__(f"₹{rupees(owed_paise):,} is owed to UMA.", owed=rupees(owed_paise))


class PayoutLimitReached(DomainError):
    """Of the day, the month, or the number in a day: `limit` says which, `left` what is left of it."""

    code = "payout_limit_reached"
    title = "The limit of payouts is reached"

    def __init__(self, *, limit: str, left_paise: int, until: datetime | None) -> None:
        super().__init__(
            None, limit=limit, left=rupees(left_paise), until=until and until.isoformat()
        )


class NotWithdrawableYet(DomainError):
    code = "not_withdrawable_yet"
    title = "Not all of the balance can be paid out yet"
    advice = "Ask for at most `withdrawable`; younger credits follow when their first day is over."

    def __init__(self, *, withdrawable_paise: int) -> None:
        super().__init__(
            f"₹{rupees(withdrawable_paise):,} can be paid out now.",
            withdrawable=rupees(withdrawable_paise),
        )


class PayoutNotFound(DomainError):
    code = "payout_not_found"
    title = "There is no such payout"
    status = 404


class PayoutNotCancellable(DomainError):
    code = "payout_not_cancellable"
    title = "This payout is on its way or over"


class PayoutNotScreened(DomainError):
    code = "payout_not_screened"
    title = "This payout waits for nobody's decision"


class DormantMoneyNotThere(DomainError):
    code = "dormant_money_not_there"
    title = "Nothing of this wallet is set aside"


class OwnPayout(DomainError):
    code = "own_payout"
    title = "Nobody decides about their own money"
    status = 403


class SelfApproval(DomainError):
    code = "self_approval"
    title = "Nobody decides about what they proposed"
    status = 403


class AdjustmentNotOpen(DomainError):
    code = "adjustment_not_open"
    title = "This adjustment waits for nobody's decision"


class AdjustmentNotPossible(DomainError):
    code = "adjustment_not_possible"
    title = "A wallet is not adjusted by this amount"
    status = 422


class PolicyInThePast(DomainError):
    code = "policy_in_the_past"
    title = "Limits change from now on or later"
    status = 422


class PayoutReasonRequired(DomainError):
    code = "payout_reason_required"
    title = "Say why"
    status = 422


class PayoutsNotHalted(DomainError):
    code = "payouts_not_halted"
    title = "Payouts are not stopped"
    status = 409


class DeskReasonRequired(DomainError):
    code = "desk_reason_required"
    title = "Say why"
    status = 422


class LineNotHeldForItsFee(DomainError):
    """Only a settled payment that waits because of its fee is accepted with it."""

    code = "settled_line_not_held_for_its_fee"
    title = "This line does not wait for its fee to be accepted"
    status = 409


class StatementNotReadable(DomainError):
    """Not one line of the file was taken in."""

    code = "bank_statement_not_readable"
    title = "This is not a bank statement"
    status = 422


class StatementKnown(DomainError):
    code = "bank_statement_known"
    title = "This file was uploaded before"
    status = 409


class ExceptionNotFound(DomainError):
    code = "recon_exception_not_found"
    title = "There is no such exception"
    status = 404


class ExceptionClosed(DomainError):
    code = "recon_exception_closed"
    title = "This exception is closed"
    status = 409


class AmountNotEchoed(DomainError):
    """Whoever decides about money repeats its amount."""

    code = "amount_not_echoed"
    title = "The amount is not the one that this is about"
    status = 422


class BankLineTaken(DomainError):
    code = "bank_line_taken"
    title = "This line is matched already, or does not fit the act"
    status = 409


class BalanceRuleNotAllowed(DomainError):
    code = "balance_rule_not_allowed"
    title = "These limits do not fit together"
    status = 422


class MonthNotOver(DomainError):
    """An invoice is of a whole month, and of one whose last postings are in."""

    code = "month_not_over"
    title = "This month is not over yet"


class SellerUnknown(DomainError):
    """An operator has to name who sells in the zone before a document can say so."""

    code = "seller_unknown"
    title = "Nobody sells there yet"


class SellerInvalid(DomainError):
    code = "seller_invalid"
    title = "A document cannot name this seller"
    status = 422


class SeriesExhausted(DomainError):
    """A number has sixteen characters at most (CGST Rules 2017, rule 46)."""

    code = "series_exhausted"
    title = "The series has no number left in this financial year"


class DocumentNotFound(DomainError):
    code = "invoice_not_found"
    title = "There is no such document"
    status = 404


class TopUpNotPaid(DomainError):
    code = "top_up_not_paid"
    title = "Nobody has paid this top-up yet"


class StatementTooLong(DomainError):
    """The period has more movements than one statement shows."""

    code = "statement_too_long"
    title = "Too many movements for one statement"
    status = 422

    def __init__(self, *, most: int) -> None:
        super().__init__(
            f"A statement has at most {most} lines: ask for a shorter period.", most=most
        )


class PrepaymentTooSmall(DomainError):
    code = "prepayment_too_small"
    title = "Less than one rupee cannot be paid online"
    status = 422


class PrepaymentUnderway(DomainError):
    code = "prepayment_underway"
    title = "This was paid already"
    advice = "Look at the order again: it says how far it is."


class RefundNotStuck(DomainError):
    code = "refund_not_stuck"
    title = "This refund needs no decision"


class RefundReferenceMissing(DomainError):
    code = "refund_reference_missing"
    title = "A transfer has the bank's reference"
    status = 422
