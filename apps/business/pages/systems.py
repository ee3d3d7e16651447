"""The business's own systems: their keys, and where they are told of events."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from apps.business.visiting import Visitor, page, show
from apps.business.wordings import refusal_words
from apps.merchants import duties, selectors, services
from apps.notifications import selectors as told
from uma.kernel.errors import DomainError

SHOWN = 50
OVERLAP = timedelta(hours=24)
LONGEST_NAME, LONGEST_URL = 80, 500


@page(duties.MANAGE_KEYS, methods=("GET", "POST"))
def keys(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show the keys; a POST makes one, whose text is shown in its answer and nowhere else."""
    if request.method != "POST":
        return _keys(request, visitor)
    wanted = [scope for scope in request.POST.getlist("scope") if scope in duties.SCOPES]
    name = request.POST.get("name", "").strip()[:LONGEST_NAME]
    if not wanted or not name:
        return _keys(request, visitor, status=422)
    try:
        issued = services.create_api_key(
            merchant_id=visitor.staff.merchant_id,
            name=name,
            scopes=wanted,
            outlet_ids=[],
            expires_at=None,
            environment=settings.API_KEY_ENVIRONMENT,
            actor_id=visitor.principal.user_id,
            now=timezone.now(),
        )
    except DomainError as refusal:
        return _keys(request, visitor, refusal=refusal, status=refusal.status)
    return _keys(request, visitor, secret=issued.text)


@page(duties.MANAGE_KEYS, methods=("POST",))
def key(request: HttpRequest, visitor: Visitor, key_id: UUID) -> HttpResponse:
    """Revoke a key, or give it a successor that works beside it for a day."""
    merchant_id, actor_id = visitor.staff.merchant_id, visitor.principal.user_id
    if "rotate" in request.POST:
        issued = services.rotate_api_key(
            key_id=key_id, merchant_id=merchant_id, overlap=OVERLAP, actor_id=actor_id,
            now=timezone.now(),
        )  # fmt: skip
        return _keys(request, visitor, secret=issued.text)
    services.revoke_api_key(
        key_id=key_id, merchant_id=merchant_id, actor_id=actor_id, now=timezone.now()
    )
    return redirect("business-keys")


@page(duties.MANAGE_WEBHOOKS, methods=("GET", "POST"))
def webhooks(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show the endpoints; a POST adds one, whose secret is shown in its answer and nowhere else."""
    if request.method != "POST":
        return _webhooks(request, visitor)
    wanted = [event for event in request.POST.getlist("event") if event in services.EVENTS]
    try:
        issued = services.add_webhook(
            merchant_id=visitor.staff.merchant_id,
            url=request.POST.get("url", "").strip()[: LONGEST_URL + 1],
            events=wanted or services.EVENTS,
            private=settings.DEBUG,
            actor_id=visitor.principal.user_id,
            now=timezone.now(),
        )
    except DomainError as refusal:
        return _webhooks(request, visitor, refusal=refusal, status=refusal.status)
    return _webhooks(request, visitor, secret=issued.secret)


@page(duties.MANAGE_WEBHOOKS, methods=("GET", "POST"))
def webhook(request: HttpRequest, visitor: Visitor, endpoint_id: UUID) -> HttpResponse:
    """Show what an endpoint was sent; a POST sends one once more, rotates its secret or removes it."""
    merchant_id, actor_id = visitor.staff.merchant_id, visitor.principal.user_id
    found = told.endpoint_of(merchant_id=merchant_id, endpoint_id=endpoint_id)
    secret = ""
    if request.method == "POST":
        now = timezone.now()
        if "rotate" in request.POST:
            secret = services.rotate_webhook_secret(
                endpoint_id=endpoint_id, merchant_id=merchant_id, overlap=OVERLAP,
                actor_id=actor_id, now=now,
            ).secret  # fmt: skip
        elif "remove" in request.POST:
            services.remove_webhook(
                endpoint_id=endpoint_id, merchant_id=merchant_id, actor_id=actor_id, now=now
            )
            return redirect("business-webhooks")
        else:
            services.replay_webhook(
                endpoint_id=endpoint_id, delivery_id=_uuid(request.POST.get("delivery", "")),
                merchant_id=merchant_id, actor_id=actor_id, now=now,
            )  # fmt: skip
            return redirect("business-webhook", endpoint_id)
    log = told.delivery_log(endpoint_id=endpoint_id, limit=SHOWN)
    facts = {
        "endpoint": found,
        "log": [(row, told.redacted(row.payload)) for row in log],
        "secret": secret,
        "zone": selectors.merchant(merchant_id=merchant_id).zone.timezone,
    }
    return show(request, "webhook", facts, visitor=visitor)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


def _keys(
    request: HttpRequest,
    visitor: Visitor,
    *,
    secret: str = "",
    refusal: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    rows = selectors.api_keys(merchant_id=visitor.staff.merchant_id, limit=SHOWN)
    now = timezone.now()
    facts = {
        "keys": [
            (row, row.revoked_at is None and (row.expires_at is None or row.expires_at > now))
            for row in rows
        ],
        "scopes": duties.SCOPES.items(),
        "secret": secret,
        "why": refusal_words(refusal) if refusal else "",
        "incomplete": status == 422 and refusal is None,  # noqa: PLR2004 - the status above
    }
    return show(request, "keys", facts, visitor=visitor, status=status)


def _webhooks(
    request: HttpRequest,
    visitor: Visitor,
    *,
    secret: str = "",
    refusal: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    facts = {
        "endpoints": told.endpoints(merchant_id=visitor.staff.merchant_id),
        "events": services.EVENTS,
        "secret": secret,
        "why": refusal_words(refusal) if refusal else "",
        "url": request.POST.get("url", "") if refusal else "",
    }
    return show(request, "webhooks", facts, visitor=visitor, status=status)
