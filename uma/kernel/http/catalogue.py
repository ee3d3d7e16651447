"""Every refusal the platform knows, and the page that explains each."""

from collections.abc import Iterator
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.module_loading import autodiscover_modules

from uma.kernel.errors import DomainError
from uma.kernel.http import errors
from uma.kernel.http.problems import problem_response
from uma.kernel.http.renderers import to_wire

_ADVICE = {
    HTTPStatus.PAYMENT_REQUIRED: "Add money, then send the request again.",
    HTTPStatus.FORBIDDEN: "The rule that `detail` names does not allow it for this account.",
    HTTPStatus.NOT_FOUND: "Check the address; another tenant's objects answer the same.",
    HTTPStatus.CONFLICT: "Nothing was changed. Read the current state, then decide.",
    HTTPStatus.GONE: "Ask for a fresh one.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Correct what `detail` or `errors` names.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Try again later; nothing was changed.",
}


def _descendants(of: type[DomainError]) -> Iterator[type[DomainError]]:
    for child in of.__subclasses__():
        yield child
        yield from _descendants(child)


def all_refusals() -> dict[str, type[DomainError]]:
    """Return every refusal of the kernel and of the installed apps, by code and in its order."""
    autodiscover_modules("errors")
    # A class without a code of its own is a family, not a refusal.
    found = {
        refusal.code: refusal
        for refusal in _descendants(DomainError)
        if "code" in vars(refusal) and refusal.__module__.startswith(("uma.", "apps."))
    }
    return dict(sorted(found.items()))


def advice_for(refusal: type[DomainError]) -> str:
    """Return what the reader of this refusal can do about it."""
    return refusal.advice or _ADVICE.get(HTTPStatus(refusal.status), "Read `detail`.")


def _wants_json(request: HttpRequest) -> bool:
    accept = request.META.get("HTTP_ACCEPT", "")
    return "json" in accept and "text/html" not in accept


def _entry(refusal: type[DomainError]) -> dict[str, object]:
    return {
        "type": f"/problems/{refusal.code}",
        "code": refusal.code,
        "title": refusal.title,
        "status": refusal.status,
        "advice": advice_for(refusal),
    }


def problem_list(request: HttpRequest) -> HttpResponse:
    """List every problem type."""
    entries = [_entry(refusal) for refusal in all_refusals().values()]
    if _wants_json(request):
        return HttpResponse(to_wire(entries), content_type="application/json")
    return render(request, "kernel/problems.html", {"entries": entries})


def problem_page(request: HttpRequest, code: str) -> HttpResponse:
    """Explain one problem type: what `type` in a problem document links to."""
    refusal = all_refusals().get(code)
    if refusal is None:
        return problem_response(errors.NotFound("There is no problem of that name."), request)
    entry = _entry(refusal)
    if _wants_json(request):
        return HttpResponse(to_wire(entry), content_type="application/json")
    return render(request, "kernel/problem.html", {"entry": entry})
