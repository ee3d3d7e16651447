"""
News for an open page: server-sent events in short answers (decisions/0028).

An answer says what changed since the reader's last id and ends; the browser comes again by itself after
`retry`, with that id. Nobody holds a thread of the server while nothing happens.
"""

from django.http import HttpRequest, HttpResponse

from apps.business.visiting import Visitor, page
from apps.merchants import duties
from apps.wallet import codes
from apps.wallet import selectors as ledger

AGAIN_MS = 2_000
_LONGEST_ID = 100


def cursor_of(visitor: Visitor) -> str:
    """Return where the visitor's merchant stands now: what changes when something happened."""
    merchant_id = visitor.staff.merchant_id
    newest = ledger.statement(code=codes.merchant_wallet(merchant_id), limit=1)
    version = newest[0].version if newest else 0
    return f"{version}-{ledger.held_paise(merchant_id=merchant_id)}"


@page(duties.READ_MONEY, live=True)
def events(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Tell of the wallet when it moved since the reader's last id."""
    last = request.headers.get("Last-Event-ID") or request.GET.get("since", "")
    now = cursor_of(visitor)
    lines = [f"retry: {AGAIN_MS}"]
    if now != last[:_LONGEST_ID]:
        lines += [f"id: {now}", "event: wallet", "data: {}"]
    return HttpResponse(
        "\n".join(lines) + "\n\n",
        content_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
