"""News for an open page of the rider's: short answers, as decisions/0028 says."""

from django.http import HttpRequest, HttpResponse

from apps.notifications import selectors as notifications
from apps.rider.visiting import Visitor, page
from apps.rides import selectors as rides
from apps.wallet import codes
from apps.wallet import selectors as ledger

AGAIN_MS = 2_000
TOPICS = ("wallet", "booking", "inbox")
_LONGEST_ID = 300


def cursor_of(visitor: Visitor) -> str:
    """Return where the rider stands now: one part for each topic, which changes when something happened."""
    rider_id = visitor.rider_id
    newest = ledger.statement(code=codes.rider_wallet(rider_id), limit=1, unopened=True)
    version = newest[0].version if newest else 0
    changed_at = rides.last_change(rider_id=rider_id)
    changed = int(changed_at.timestamp() * 1_000) if changed_at else 0
    return f"{version}-{changed}-{notifications.count_unread(person_id=rider_id)}"


@page(live=True)
def events(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Tell what changed since the reader's last id."""
    now = cursor_of(visitor)
    before, after = last_id(request).split("-"), now.split("-")
    if len(before) != len(after):
        before = [""] * len(after)
    changed = [topic for topic, old, new in zip(TOPICS, before, after, strict=True) if old != new]
    return told(changed, now)


def one_thing(request: HttpRequest, topic: str, mark: str) -> HttpResponse:
    """Tell of the one thing that a page is about, by its mark."""
    return told([topic] if last_id(request) != mark else [], mark)


def last_id(request: HttpRequest) -> str:
    """Return what the reader heard last."""
    last = request.headers.get("Last-Event-ID") or request.GET.get("since", "")
    return last[:_LONGEST_ID]


def told(topics: list[str], event_id: str) -> HttpResponse:
    """Return the stream that tells of these topics and ends."""
    said = [f"retry: {AGAIN_MS}"]
    for topic in topics:
        said += [f"id: {event_id}", f"event: {topic}", "data: {}", ""]
    return HttpResponse(
        "\n".join(said) + "\n\n",
        content_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
