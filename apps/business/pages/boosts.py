"""A boost of a deal: what a week at the head of the list costs, buying one, and stopping it."""

from datetime import datetime
from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from apps.business.pages.deals import writable
from apps.business.visiting import Visitor, page, show
from apps.business.wordings import refusal_words
from apps.campaigns import selectors, services
from apps.campaigns.models import Campaign
from apps.merchants import duties
from apps.wallet import codes
from apps.wallet import selectors as ledger
from uma.kernel.errors import DomainError
from uma.kernel.http.idempotency import IdempotencyKey, fingerprint

LONGEST_KEY = 64


@page(duties.BOOST, methods=("GET", "POST"))
def boost(request: HttpRequest, visitor: Visitor, campaign_id: UUID) -> HttpResponse:
    """Show the price or the boost that runs; a POST buys a week at the price that was shown, or stops it."""
    own, now = writable(visitor, campaign_id), timezone.now()
    if request.method != "POST":
        return show(request, "deal_boost", _about(own, now=now), visitor=visitor)
    try:
        if "stop" in request.POST:
            services.stop_boost(
                campaign_id=own.pk,
                merchant_id=own.merchant_id,
                actor_id=visitor.principal.user_id,
                now=now,
            )
        else:
            _buy(request, visitor, own, now=now)
    except DomainError as refusal:
        facts = {**_about(own, now=now), "refusal": refusal_words(refusal)}
        return show(request, "deal_boost", facts, visitor=visitor, status=refusal.status)
    return redirect("business-deal-boost", own.pk)


def _buy(request: HttpRequest, visitor: Visitor, own: Campaign, *, now: datetime) -> None:
    sent, key = request.POST.get("agreed", ""), request.POST.get("key", "")[:LONGEST_KEY]
    # What is no amount is not the price, so it is refused like one that has changed.
    agreed_paise = int(sent[:12]) if sent.isascii() and sent.isdecimal() else 0
    print_ = fingerprint("POST", request.path, {"agreed": agreed_paise})
    services.boost(
        campaign_id=own.pk,
        merchant_id=own.merchant_id,
        actor_id=visitor.principal.user_id,
        key=IdempotencyKey(key, print_) if key else None,
        agreed_paise=agreed_paise,
        now=now,
    )


def _about(own: Campaign, *, now: datetime) -> dict[str, object]:
    newest = selectors.newest_boost(campaign_id=own.pk)
    running = newest if newest and newest.state == "LIVE" and newest.ends_at > now else None
    quote = selectors.quote_of(own, now=now)
    return {
        "campaign": own,
        "boost": running,
        "unused": running and selectors.unused_of(running, at=now),
        "days_left": running and (running.ends_at - now).days,
        "last": None if running else newest,
        "quote": quote,
        "places": len(quote.slots_left),
        "on_sale": selectors.can_be_boosted(own, now=now),
        "balance_paise": ledger.balance_paise(code=codes.merchant_wallet(own.merchant_id)),
        # A form that is sent twice buys once.
        "key": str(uuid4()),
        "zone": own.zone.timezone,
    }
