"""How long requests took, by route and status; what Prometheus reads at /metrics."""

import hmac
import os
from collections.abc import Iterator
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import Metric

from uma.kernel.http import errors
from uma.kernel.http.problems import problem_response
from uma.kernel.readings import READINGS

# The handshake's goal is 500 ms, the API's 200 ms; the buckets lie around them.
BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 1.0, 2.0, 5.0)

# Nothing here asks when a count began, and each would say it in a line of its own.
disable_created_metrics()  # type: ignore[no-untyped-call]

# Two metrics in our own middleware: the two middlewares of django-prometheus keep some thirty
# series per request and cost a third of an empty request (docs/api.md has the figures). The buckets
# are not kept by status: that would be fifteen lines for each, and a page that takes Prometheus' second.
SECONDS = Histogram(
    "uma_http_request_seconds",
    "Time to answer, by route and method.",
    ["route", "method"],
    buckets=BUCKETS,
)
ANSWERS = Counter(
    "uma_http_requests",
    "Answers, by route, method and status.",
    ["route", "method", "status"],
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@lru_cache(maxsize=2048)
def _series(route: str, method: str, status: int) -> tuple[Histogram, Counter]:
    return SECONDS.labels(route, method), ANSWERS.labels(route, method, str(status))


def observe(request: HttpRequest, status: int, seconds: float) -> None:
    """Count one request under its route (never its address: a label must stay one of few)."""
    match = request.resolver_match
    route = match.route if match is not None else "unmatched"
    method = request.method if request.method in _METHODS else "OTHER"
    assert method is not None
    took, answered = _series(route, method, status)
    took.observe(seconds)
    answered.inc()


class _OfThisProcess(CollectorRegistry):
    """
    What this process counted, under its number.

    The processes of a web server share one address, so each scrape meets any of them: without the label
    their counters would look like one that jumps back and forth.
    """

    def collect(self) -> Iterator[Metric]:
        process = str(os.getpid())
        for metric in REGISTRY.collect():
            marked = Metric(metric.name, metric.documentation, metric.type, metric.unit)
            marked.samples = [
                sample._replace(labels={**sample.labels, "process": process})
                for sample in metric.samples
            ]
            yield marked


_COUNTED = _OfThisProcess()


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
    said = generate_latest(_COUNTED) + generate_latest(READINGS)
    answer = HttpResponse(said, content_type=CONTENT_TYPE_LATEST)
    if not request.META.get("SERVER_SOFTWARE", "").startswith("WSGIServer"):
        # Whoever keeps the connection stays with one process and never meets the others. Django's own server
        # has one, and holds to PEP 3333, which leaves this header to servers; Granian lets it pass.
        answer["Connection"] = "close"
    return answer
