"""Signing in and out, the language, and what an installed app is made of."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.accounts import browser, services
from apps.business.visiting import (
    HOME,
    ROLE,
    Visitor,
    next_of,
    page,
    show,
)
from apps.merchants import duties
from apps.notifications import browser as notified
from apps.notifications import selectors as notifications
from uma.kernel.http import browser_app
from uma.kernel.http.addresses import client_address
from uma.kernel.http.browser_app import language_of

# Where the language can be chosen.
_BACK = {"more": "business-more", "sign-in": "business-sign-in"}


@require_GET
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for the number, then for the code; whoever is signed in goes on at once."""
    now = timezone.now()
    visit = browser.visit(request, role=ROLE, now=now)
    if visit is not None:
        response: HttpResponse = redirect(next_of(request))
        if visit.replaced is not None:
            browser.keep(response, visit.replaced, role=ROLE)
        return response
    with translation.override(language_of(request)):
        facts = {**browser_app.phone_sign_in(), "next": next_of(request)}
        response = show(request, "sign_in", facts, policy=browser_app.sign_in_policy())
    response.headers["Cache-Control"] = "no-store"
    return response


@page(duties.LEAVE, methods=("GET",))
def home(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Go to the first page of one's own."""
    del request
    return redirect("business-wallet" if visitor.may(duties.READ_MONEY) else "business-scan")


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
    response = redirect("business-sign-in")
    browser.forget(response, role=ROLE)
    return response


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keep the language for this browser and for messages."""
    response = redirect(_BACK.get(request.POST.get("back", ""), HOME))
    browser.speak(response, request, role=ROLE, now=timezone.now())
    return response


@page(duties.READ_PROFILE)
def more(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show who is signed in, what this browser is told, the language, and the way out."""
    links = [
        (url, icon, name)
        for url, icon, name, duty in (
            ("business-guests", "check", _("Guests"), duties.READ_ANALYTICS),
            ("business-team", "team", _("Team"), duties.MANAGE_STAFF),
            ("business-outlets", "store", _("Outlets"), duties.MANAGE_OUTLETS),
            ("business-invoices", "wallet", _("Invoices"), duties.READ_MONEY),
            ("business-keys", "keys", _("API keys"), duties.MANAGE_KEYS),
            ("business-webhooks", "out", _("Webhooks"), duties.MANAGE_WEBHOOKS),
        )
        if visitor.may(duty)
    ]
    facts = {
        "links": links,
        "unread": notifications.count_unread(person_id=visitor.principal.user_id),
        **notified.web_push(visitor.principal),
    }
    return show(request, "more", facts, visitor=visitor, policy=notified.policy_of(facts))


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
            name=_("UMA for business"),
            description=_("Your counter, your guests, your money"),
            language=language,
            shortcuts=[(_("Scan"), reverse("business-scan"))],
        )


@require_GET
def service_worker(request: HttpRequest) -> HttpResponse:
    """Serve the worker from the app's own path, which is as far as it may reach."""
    del request
    return browser_app.worker("service-worker.js")
