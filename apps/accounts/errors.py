"""The refusals of people and sign-in."""

from collections.abc import Sequence
from datetime import UTC, datetime

from uma.kernel.errors import DomainError
from uma.kernel.money import rupees
from uma.kernel.personal_data import Obstacle

# A suspension that no date ends, but somebody's look at it.
UNTIL_REVIEW = datetime(9999, 12, 31, tzinfo=UTC)


class RiderBanned(DomainError):
    """A suspension blocks new bookings and missions, never the wallet, live bookings or appeals."""

    code = "rider_banned"
    title = "Booking is suspended"
    status = 403

    def __init__(self, *, until: datetime) -> None:
        super().__init__(
            "This account may book again once it has been reviewed."
            if until >= UNTIL_REVIEW
            else f"This account may book again from {until:%d %B %Y, %H:%M} UTC.",
            banned_until=until,
        )


class AccountClosed(DomainError):
    code = "account_closed"
    title = "This account is closed"
    status = 403


class PhoneTaken(DomainError):
    code = "phone_taken"
    title = "This phone number belongs to another account"


class UnknownPerson(DomainError):
    code = "unknown_person"
    title = "No such person"
    status = 404


class RefreshInvalid(DomainError):
    code = "refresh_invalid"
    title = "This sign-in is over"
    status = 401
    advice = "Sign in again; a refresh token lives as long as its session and is used once."

    def __init__(self, *, is_guess: bool = True) -> None:
        super().__init__()
        # A secret that was ours once is an app that slept, not somebody who guesses.
        self.is_guess = is_guess


class RefreshReused(DomainError):
    """An old secret came again: it may be stolen, so the whole family has ended."""

    code = "refresh_reused"
    title = "This refresh token was used before"
    status = 401
    advice = "The session was ended because somebody else may hold its tokens. Sign in again."
    is_guess = False


class UnknownSession(DomainError):
    code = "unknown_session"
    title = "There is no such session"
    status = 404


class IdTokenInvalid(DomainError):
    code = "id_token_invalid"
    title = "The ID token is not acceptable"
    status = 401
    advice = "Send the ID token that Firebase has just given for a sign-in by phone, as it is."


class IdTokenExpired(DomainError):
    code = "id_token_expired"
    title = "The ID token has expired"
    status = 401
    advice = "Let Firebase send a code and sign in again."


class IdTokenRevoked(DomainError):
    """Revoked tokens, disabled accounts and deleted ones answer alike."""

    code = "id_token_revoked"
    title = "The ID token is good no more"
    status = 401
    advice = "Let Firebase send a code and sign in again."


class IdTokenUsed(DomainError):
    code = "id_token_used"
    title = "The ID token was exchanged before"
    status = 401
    advice = "An ID token opens one session; let Firebase send a code for another."


class PhoneSignInRequired(DomainError):
    code = "phone_sign_in_required"
    title = "Only a sign-in by phone opens a session"
    status = 401
    advice = "Sign in to Firebase with a phone number and the code sent to it."


class SignInTooOld(DomainError):
    code = "sign_in_too_old"
    title = "The code was typed too long ago"
    status = 401
    advice = "Exchange the ID token within five minutes of typing the code."


class NotAnOperator(DomainError):
    code = "not_an_operator"
    title = "Only the platform's own people act as operators"
    status = 403
    advice = "Sign in with another role; the ID token is unspent."


class SignInUnavailable(DomainError):
    """Firebase does not answer; who is signed in stays so."""

    code = "sign_in_unavailable"
    title = "Nobody can sign in just now"
    status = 503
    retry_after_s = 5
    advice = (
        "Wait as long as Retry-After says and send the same request again; the ID token is unspent."
    )


class RoleUnknown(DomainError):
    code = "role_unknown"
    title = "No such role, or no such zone"
    status = 422


class RoleAlreadyGranted(DomainError):
    code = "role_already_granted"
    title = "This person has the role already"


class UnknownOperatorRole(DomainError):
    code = "unknown_operator_role"
    title = "No such role of an operator"
    status = 404


class OperatorRoleNotYours(DomainError):
    code = "operator_role_not_yours"
    title = "You may not give or take this role"
    status = 403


class OperatorReasonRequired(DomainError):
    code = "operator_reason_required"
    title = "A role is given and taken for a reason"
    status = 422


class UnknownPurpose(DomainError):
    code = "unknown_purpose"
    title = "Nobody asks for this consent"
    status = 404
    advice = "GET /api/user/consents lists what is asked."


class ConsentOutdated(DomainError):
    """The text changed since it was shown; an answer to the old one says nothing about the new."""

    code = "consent_outdated"
    title = "The text of this consent has changed"
    advice = "Show the current text and send the answer with its version."

    def __init__(self, *, current: int) -> None:
        super().__init__(f"Version {current} is asked now.", current_version=current)


class ConsentRequired(DomainError):
    code = "consent_required"
    title = "There is no account without this consent"
    advice = "DELETE /api/user closes the account and takes the consent back."


class ExportNotFound(DomainError):
    """Unknown, expired or forged: a stranger learns nothing from the difference."""

    code = "export_not_found"
    title = "There is no such copy, or its link has run out"
    status = 404
    advice = "GET /api/user/export gives a fresh link."


class ErasureRefused(DomainError):
    """Something is still to be settled; each reason stands in `reasons`."""

    code = "erasure_refused"
    title = "The account cannot be erased yet"
    advice = "Settle what `reasons` names, then ask again."

    def __init__(self, *, obstacles: Sequence[Obstacle]) -> None:
        super().__init__(
            " ".join(obstacle.detail for obstacle in obstacles),
            reasons=[
                {
                    "code": obstacle.code,
                    "detail": obstacle.detail,
                    "amount": None
                    if obstacle.amount_paise is None
                    else rupees(obstacle.amount_paise),
                    "until": obstacle.until,
                }
                for obstacle in obstacles
            ],
        )


class TooManyReveals(DomainError):
    code = "too_many_reveals"
    title = "Too many phone numbers were looked at in the last hour"
    status = 429
    advice = "Wait until the hour is over; whoever needs more numbers needs an export."
