"""How long requests took, by route and status; what Prometheus reads at /metrics."""

import hmac
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django_prometheus import exports
from prometheus_client import Histogram

from uma.kernel.http import errors
from uma.kernel.http.problems import problem_response

# The handshake's goal is 500 ms, the API's 200 ms; the buckets lie around them.
BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 1.0, 2.0, 5.0)

# One histogram in our own middleware: the two middlewares of django-prometheus keep some thirty
# series per request and cost a third of an empty request (docs/api.md has the figures).
REQUESTS = Histogram(
    "uma_http_request_seconds",
    "Time to answer, by route, method and status.",
    ["route", "method", "status"],
    buckets=BUCKETS,
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@lru_cache(maxsize=2048)
def _series(route: str, method: str, status: int) -> Histogram:
    return REQUESTS.labels(route, method, str(status))


def observe(request: HttpRequest, status: int, seconds: float) -> None:
    """Count one request under its route (never its address: a label must stay one of few)."""
    match = request.resolver_match
    route = match.route if match is not None else "unmatched"
    method = request.method if request.method in _METHODS else "OTHER"
    assert method is not None
    _series(route, method, status).observe(seconds)


def export(request: HttpRequest) -> HttpResponse:
    """
    Answer every series in Prometheus' text format.

    Numbers about the business are not for everybody: outside DEBUG the reader presents
    `METRICS_TOKEN` as a bearer token, and without a token configured the page does not exist.
    """
    if not settings.DEBUG:
        presented = request.META.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")
        expected: str = settings.METRICS_TOKEN
        if not expected or not hmac.compare_digest(presented.encode(), expected.encode()):
            return problem_response(errors.NotFound(), request)
    answer: HttpResponse = exports.ExportToDjangoView(request)
    return answer
