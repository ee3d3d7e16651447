"""What pages show of a person's messages, and of pushes to the browser that they are read in."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.conf import settings

from apps.notifications import links, selectors, services
from uma.kernel.http.authentication import Principal

PAGE = 20
# Where Firebase's library makes an address for a browser: the only places that its page may speak to.
_FIREBASE = (
    "https://firebaseinstallations.googleapis.com",
    "https://fcmregistrations.googleapis.com",
)


def web_push(principal: Principal) -> dict[str, object]:
    """Return what the switch of a page of settings shows; nothing where it is not configured."""
    told = settings.FIREBASE_WEB
    if not (settings.FIREBASE_WEB_KEY and all(told.values())):
        return {}
    here = selectors.browser_of(person_id=principal.user_id, session_id=principal.session_id)
    config = {
        "apiKey": settings.FIREBASE_WEB_KEY,
        "projectId": told["PROJECT_ID"],
        "appId": told["APP_ID"],
        "messagingSenderId": told["SENDER_ID"],
        "vapidKey": told["VAPID_KEY"],
    }
    return {"push": {"config": config, "device_id": str(here.pk) if here else ""}}


def policy_of(facts: Mapping[str, object]) -> dict[str, list[str]]:
    """Return what a page with these facts may load beyond the policy of all pages."""
    return {"connect-src": [*_FIREBASE]} if "push" in facts else {}


def inbox(
    *, person_id: UUID, before: str, now: datetime, is_looked_at: bool = False
) -> dict[str, object]:
    """
    Return a page of messages, older than where the last one ended or the newest; shown is read.

    What an operator looks at stays unread.
    """
    since = _position(before)
    rows = selectors.inbox(person_id=person_id, limit=PAGE + 1, before=since)
    shown = [
        {
            "row": row,
            "was_unread": row.read_at is None,
            "link": links.page_of(kind=row.kind, data=row.data),
        }
        for row in rows[:PAGE]
    ]
    for row in rows[:PAGE]:
        if row.read_at is None and not is_looked_at:
            services.mark_read(message_id=row.pk, person_id=person_id, now=now)
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return {
        "messages": shown,
        "older_than": f"{last.created_at.isoformat()}|{last.pk}" if last else "",
        "is_first": since is None,
    }


def _position(text: str) -> tuple[datetime, UUID] | None:
    at, _bar, message_id = text.partition("|")
    try:
        return datetime.fromisoformat(at), UUID(message_id)
    except ValueError:
        return None
