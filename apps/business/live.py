"""
News for an open page: server-sent events in short answers (decisions/0028).

An answer says what changed since the reader's last id and ends; the browser comes again by itself after
`retry`, with that id. Nobody holds a thread of the server while nothing happens.
"""

from django.http import HttpRequest, HttpResponse

from apps.business.visiting import Visitor, page
from apps.handshake import selectors as handshakes
from apps.merchants import duties
from apps.wallet import codes
from apps.wallet import selectors as ledger

AGAIN_MS = 2_000
_LONGEST_ID = 100


def cursor_of(visitor: Visitor) -> str:
    """Return where the visitor's merchant stands now: its wallet, then a dot and its newest visit."""
    merchant_id = visitor.staff.merchant_id
    newest = ledger.statement(code=codes.merchant_wallet(merchant_id), limit=1)
    version = newest[0].version if newest else 0
    held_paise = ledger.held_paise(merchant_id=merchant_id)
    return f"{version}-{held_paise}.{handshakes.newest_of(merchant_id=merchant_id)}"


@page(duties.READ_MONEY, live=True)
def events(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """
    Tell of the wallet and of the visits when something moved since the reader's last id.

    What moves money is news of the visits as well; a guest without a deal is of these alone.
    """
    last = request.headers.get("Last-Event-ID") or request.GET.get("since", "")
    now = cursor_of(visitor)
    blocks = [f"retry: {AGAIN_MS}"]
    if now != last[:_LONGEST_ID]:
        moved = now.partition(".")[0] != last.partition(".")[0]
        topics = ("wallet", "visits") if moved else ("visits",)
        blocks += [f"id: {now}\nevent: {topic}\ndata: {{}}" for topic in topics]
    return HttpResponse(
        "\n\n".join(blocks) + "\n\n",
        content_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
