"""The refusals that the interface itself gives, before or after any rule of the domain."""

from uma.kernel.errors import DomainError


class MalformedBody(DomainError):
    code = "malformed_body"
    title = "The body is not acceptable JSON"
    status = 400
    advice = "Send one JSON document in UTF-8: no duplicate keys, no NaN, at most 32 levels deep."


class BodyTooLarge(DomainError):
    code = "body_too_large"
    title = "The body is too large"
    status = 413
    advice = "A body is at most 64 KiB."


class UnsupportedMediaType(DomainError):
    code = "unsupported_media_type"
    title = "The body has another type than application/json"
    status = 415
    advice = "Send Content-Type: application/json, in UTF-8, without Content-Encoding."


class UnknownField(DomainError):
    code = "unknown_field"
    title = "The body has a field that nobody reads"
    status = 400
    advice = "Remove or correct the fields that `errors` names; keys are camelCase."


class ValidationFailed(DomainError):
    code = "validation_failed"
    title = "A field has a value that is not allowed"
    status = 422
    advice = "Correct the fields that `errors` points to (RFC 6901) and send the request again."


class InvalidParameter(DomainError):
    code = "invalid_parameter"
    title = "A query parameter is not allowed"
    status = 400
    advice = "Correct the parameter that `detail` names."


class InvalidCursor(DomainError):
    code = "invalid_cursor"
    title = "The page cursor is not one of ours"
    status = 400
    advice = "Start again without `after`, then follow the Link header as it is."


class NotAuthenticated(DomainError):
    code = "not_authenticated"
    title = "Sign in first"
    status = 401
    advice = "Send Authorization: Bearer with a valid access token; refresh it when it has expired."

    def __init__(
        self, detail: str | None = None, /, *, is_guess: bool = True, **extra: object
    ) -> None:
        super().__init__(detail, **extra)
        # False for what was genuine and has ended: it does not count as an attempt to break in.
        self.is_guess = is_guess


class PermissionDenied(DomainError):
    code = "permission_denied"
    title = "This account may not do that"
    status = 403
    advice = "Sign in with an account whose role may do this."


class FreshSignInRequired(DomainError):
    code = "fresh_sign_in_required"
    title = "Sign in again to do this"
    status = 403
    advice = "Sign in once more, then send the request with the new token within five minutes."


class InsufficientScope(DomainError):
    code = "insufficient_scope"
    title = "This API key may not do that"
    status = 403
    advice = "Use a key with the scope that `scope` names; the merchant's owner creates keys."


class NotFound(DomainError):
    code = "not_found"
    title = "There is no such thing here"
    status = 404
    advice = "Check the address; another tenant's objects answer the same."


class MethodNotAllowed(DomainError):
    code = "method_not_allowed"
    title = "This address does not take that method"
    status = 405
    advice = "Use one of the methods in the Allow header."


class NotAcceptable(DomainError):
    code = "not_acceptable"
    title = "The answer does not exist in that form"
    status = 406
    advice = "Accept application/json or one of the types the documentation names."


class IdempotencyKeyMalformed(DomainError):
    code = "idempotency_key_malformed"
    title = "The Idempotency-Key header is not usable"
    status = 400
    advice = "Send 1 to 255 printable ASCII characters, bare or in double quotes."


class IdempotencyKeyRequired(DomainError):
    code = "idempotency_key_required"
    title = "This request needs an Idempotency-Key"
    status = 400
    advice = "Send a fresh key for each new request, and the same key when repeating one."


class IdempotencyKeyReused(DomainError):
    code = "idempotency_key_reused"
    title = "This Idempotency-Key belongs to another request"
    status = 422
    advice = "Use a fresh key for a request that differs from the first one."


class RequestInProgress(DomainError):
    code = "request_in_progress"
    title = "The first request with this key is still running"
    status = 409
    retry_after_s = 1
    advice = "Wait as long as Retry-After says and send the same request again."


class RateLimited(DomainError):
    code = "rate_limited"
    title = "Too many requests"
    status = 429
    advice = "Wait as long as Retry-After says; RateLimit headers tell what is left."


class Busy(DomainError):
    code = "busy"
    title = "Somebody else is changing this right now"
    status = 409
    retry_after_s = 1
    advice = "Nothing was changed. Send the same request again after Retry-After."


class Unavailable(DomainError):
    code = "unavailable"
    title = "The service cannot answer right now"
    status = 503
    retry_after_s = 2
    advice = "Nothing was changed. Send the same request again after Retry-After."


class MaybeApplied(DomainError):
    code = "maybe_applied"
    title = "The outcome is not known"
    status = 503
    applied = "maybe"
    retry_after_s = 2
    advice = "Send the same request again with the same Idempotency-Key: it is done once, or was."


class LengthRequired(DomainError):
    code = "length_required"
    title = "The body has no stated length"
    status = 411
    advice = "Send Content-Length; chunked bodies are not accepted."


class InternalError(DomainError):
    code = "internal_error"
    title = "Something went wrong on our side"
    status = 500
    applied = "maybe"
    advice = "Send the same request again with the same Idempotency-Key; tell us the requestId."
