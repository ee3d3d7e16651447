"""Signing in and out, the language, and what an installed app is made of."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.accounts import browser, services
from apps.rider.visiting import HOME, ROLE, next_of, show
from uma.kernel.http import browser_app
from uma.kernel.http.addresses import client_address
from uma.kernel.http.browser_app import language_of

# Where the language can be chosen.
_BACK = {"me": "rider-me", "sign-in": "rider-sign-in"}


@require_GET
def sign_in(request: HttpRequest) -> HttpResponse:
    """
    Ask for the number, then for the code; whoever is signed in goes on at once.

    With `fresh` they prove it once more, because they want to do what a stolen phone must not.
    """
    visit = browser.visit(request, role=ROLE, now=timezone.now())
    if visit is not None and "fresh" not in request.GET:
        response: HttpResponse = redirect(next_of(request))
        if visit.replaced is not None:
            browser.keep(response, visit.replaced, role=ROLE)
        return response
    with translation.override(language_of(request)):
        facts = {**browser_app.phone_sign_in(), "next": next_of(request)}
        response = show(request, "sign_in", facts, policy=browser_app.sign_in_policy())
    response.headers["Cache-Control"] = "no-store"
    return response


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session on this device; once more changes nothing."""
    now = timezone.now()
    visit = browser.visit(request, role=ROLE, now=now)
    if visit is not None:
        services.sign_out(
            session_id=visit.principal.session_id,
            user_id=visit.principal.user_id,
            now=now,
            address=client_address(request),
        )
    response = redirect("rider-sign-in")
    browser.forget(response, role=ROLE)
    return response


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keep the language for this browser and for messages."""
    response = redirect(_BACK.get(request.POST.get("back", ""), HOME))
    browser.speak(response, request, role=ROLE, now=timezone.now())
    return response


@require_GET
def offline(request: HttpRequest) -> HttpResponse:
    """Say what works without a network; the service worker keeps this page."""
    with translation.override(language_of(request)):
        return show(request, "offline")


@require_GET
def manifest(request: HttpRequest) -> HttpResponse:
    """Tell a phone how to install the app."""
    language = language_of(request)
    with translation.override(language):
        return browser_app.manifest(
            prefix=reverse(HOME),
            name=_("UMA: rides on the house"),
            description=_("Deals near you that pay your ride"),
            language=language,
            shortcuts=[(_("Tickets"), reverse("rider-tickets"))],
        )


@require_GET
def service_worker(request: HttpRequest) -> HttpResponse:
    """Serve the worker from the app's own path, which is as far as it may reach."""
    del request
    return browser_app.worker("rider-worker.js")
