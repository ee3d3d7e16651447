"""What was said to somebody at a business: their own messages, the newest first."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.business.visiting import Visitor, fragment, page, show
from apps.merchants import duties
from apps.merchants import selectors as merchants
from apps.notifications import browser as notified


@page(duties.READ_PROFILE)
def inbox(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show the newest messages; shown is read."""
    return show(request, "inbox", _messages(request, visitor), visitor=visitor)


@page(duties.READ_PROFILE)
def messages(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show messages older than `before`, or the newest."""
    return fragment(request, "parts/messages", _messages(request, visitor))


def _messages(request: HttpRequest, visitor: Visitor) -> dict[str, object]:
    return {
        **notified.inbox(
            person_id=visitor.principal.user_id,
            before=request.GET.get("before", ""),
            now=timezone.now(),
        ),
        "zone": merchants.merchant(merchant_id=visitor.staff.merchant_id).zone.timezone,
    }
