"""What Django answers by itself when no view did: problems instead of pages."""

from django.http import HttpRequest, HttpResponse

from uma.kernel.http import errors
from uma.kernel.http.problems import problem_response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Answer a request that Django found suspicious, such as one for another host."""
    return problem_response(errors.InvalidParameter("The request is not acceptable."), request)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Answer a refused page."""
    return problem_response(errors.PermissionDenied(), request)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Answer an address that nobody serves."""
    return problem_response(errors.NotFound(), request)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a bug; the trace is in the log under the request's id."""
    return problem_response(errors.InternalError(), request)
