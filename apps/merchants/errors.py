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


class MerchantNotActive(DomainError):
    code = "merchant_not_active"
    title = "The merchant is not active"


class MerchantStatusNotAllowed(DomainError):
    code = "merchant_status_not_allowed"
    title = "The merchant cannot take this status now"


class AlreadyOnStaff(DomainError):
    code = "already_on_staff"
    title = "This person already acts for a merchant"


class GstinInvalid(DomainError):
    code = "gstin_invalid"
    title = "The GSTIN does not have the shape of one"
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
