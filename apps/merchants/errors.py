"""The refusals of merchants, outlets and staff."""

from uma.kernel.errors import DomainError


class UnknownMerchant(DomainError):
    code = "unknown_merchant"
    title = "No such merchant"
    status = 404


class UnknownOutlet(DomainError):
    code = "unknown_outlet"
    title = "No such outlet"
    status = 404


class UnknownZone(DomainError):
    code = "unknown_zone"
    title = "No such zone"
    status = 404


class NotAMerchant(DomainError):
    code = "not_a_merchant"
    title = "This account does not act for a merchant"
    status = 403


class RoleNotAllowed(DomainError):
    code = "role_not_allowed"
    title = "Your role at this merchant does not allow this"
    status = 403


class OutletNotYours(DomainError):
    code = "outlet_not_yours"
    title = "You are not posted at this outlet"
    status = 403


class MerchantNotActive(DomainError):
    code = "merchant_not_active"
    title = "The merchant is not active"


class MerchantStatusNotAllowed(DomainError):
    code = "merchant_status_not_allowed"
    title = "The merchant cannot take this status now"


class AlreadyOnStaff(DomainError):
    code = "already_on_staff"
    title = "This person already acts for a merchant"


class LastOwner(DomainError):
    code = "last_owner"
    title = "A merchant keeps at least one owner"
    advice = "Make somebody else an owner first."


class UnknownStaff(DomainError):
    code = "unknown_staff"
    title = "Nobody of that id acts for this merchant"
    status = 404


class UnknownInvitation(DomainError):
    code = "unknown_invitation"
    title = "No such invitation"
    status = 404


class InvitationOver(DomainError):
    code = "invitation_over"
    title = "The invitation does not stand any more"
    status = 410
    advice = "Ask for a new one."


class AlreadyInvited(DomainError):
    code = "already_invited"
    title = "This number is invited to another post already"
    advice = "Withdraw that invitation first."


class TooManyInvitations(DomainError):
    code = "too_many_invitations"
    title = "Too many invitations wait for an answer"
    advice = "Withdraw some, or wait until they are answered or end after seven days."


class NoApplication(DomainError):
    code = "no_application"
    title = "This person has not applied"
    status = 404


class ApplicationDecided(DomainError):
    code = "application_decided"
    title = "The application is not waiting for this any more"


class ApplicationChanged(DomainError):
    """What was looked at is no longer what is asked for: nobody approves what nobody has seen."""

    code = "application_changed"
    title = "The application was changed since it was read"
    advice = "Read it again, then decide."


class ApplicationIncomplete(DomainError):
    code = "application_incomplete"
    title = "The application has no outlet that could open"


class GstinInvalid(DomainError):
    code = "gstin_invalid"
    title = "The GSTIN is not a valid number"
    status = 422


class GstinTaken(DomainError):
    code = "gstin_taken"
    title = "This GSTIN is registered here already"
    advice = "Ask for an invitation to the merchant's staff, or write to us if the number is yours."


class StateUnknown(DomainError):
    code = "state_unknown"
    title = "No such GST state code"
    status = 422


class OutsideEveryZone(DomainError):
    code = "outside_every_zone"
    title = "We do not work at that place yet"
    status = 422


class OutletsInSeveralZones(DomainError):
    """Money of a booking never spans zones (INV-33)."""

    code = "outlets_in_several_zones"
    title = "A merchant's outlets lie in one zone"
    status = 422
    advice = "Apply once for each city."


class OutletMovedTooFar(DomainError):
    code = "outlet_moved_too_far"
    title = "A pin is corrected, an outlet does not move away"
    advice = "Open a new outlet at the new place and close the old one."


class HoursInvalid(DomainError):
    code = "hours_invalid"
    title = "The opening hours contradict each other"
    status = 422


class RadiusNotAllowed(DomainError):
    code = "radius_not_allowed"
    title = "An outlet's radius is 20 to 2000 metres"
    status = 422


class BoundaryInvalid(DomainError):
    code = "boundary_invalid"
    title = "The boundary is not a GeoJSON polygon"
    status = 422


class TimezoneUnknown(DomainError):
    code = "timezone_unknown"
    title = "No such time zone"
    status = 422


class ReasonRequired(DomainError):
    code = "reason_required"
    title = "A reason is required"
    status = 422


class AmountNotPositive(DomainError):
    code = "amount_not_positive"
    title = "The amount must be more than nothing"
    status = 422


class UnknownApiKey(DomainError):
    code = "unknown_api_key"
    title = "No such API key"
    status = 404


class ApiKeyOver(DomainError):
    code = "api_key_over"
    title = "This API key has ended or was rotated already"


class ScopeUnknown(DomainError):
    code = "scope_unknown"
    title = "No such scope"
    status = 422


class ExpiryNotAllowed(DomainError):
    code = "expiry_not_allowed"
    title = "A key ends in the future"
    status = 422


class PlanLimitReached(DomainError):
    """The merchant's plan unlocks no more of this; `plan_needed` is the plan that does."""

    code = "plan_limit_reached"
    title = "Your plan does not allow more of this"
    status = 403
    advice = "Choose the plan that planNeeded names, or give up one of those you have."

    def __init__(self, *, what: str, feature: str, limit: int, plan: str, needed: str) -> None:
        more = f"{needed.title()} allows more." if needed else "No plan allows more."
        super().__init__(
            f"{plan.title()} allows {limit} {what}. {more}",
            feature=feature,
            limit=limit,
            plan=plan.lower(),
            plan_needed=needed.lower() or None,
        )


class PlanNotOffered(DomainError):
    code = "plan_not_offered"
    title = "This plan has no price for you yet"
    advice = "Write to us: Enterprise is agreed with each business."


class AlreadyOnPlan(DomainError):
    code = "already_on_plan"
    title = "You have this plan already"


class NoSubscription(DomainError):
    code = "no_subscription"
    title = "No paid plan is running"
    status = 404


class UndoOver(DomainError):
    code = "undo_over"
    title = "This plan cannot be undone any more"
    advice = "Cancel it instead: it stays until the end of the month that is paid."


class RefundTooMuch(DomainError):
    code = "refund_too_much"
    title = "More would be returned than was paid"
    status = 422


class UnknownCharge(DomainError):
    code = "unknown_charge"
    title = "No such charge"
    status = 404


class PlanTermsInvalid(DomainError):
    code = "plan_terms_invalid"
    title = "The plan cannot be set like this"
    status = 422
