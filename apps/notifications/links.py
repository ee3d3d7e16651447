"""Which page of ours a message is about: what a notification in a browser opens."""

from collections.abc import Mapping

from apps.notifications import quiet

# By family of kinds: a page, and what of the message's data names the thing on it.
_PAGES: Mapping[str, tuple[str, str]] = {
    "handshake": ("/app/tickets/{}", "bookingId"),
    "reminder": ("/app/tickets/{}", "bookingId"),
    "ride": ("/app/rides/{}", "searchId"),
    "ticket": ("/app/travel/{}", "searchId"),
    "issue": ("/app/complaints/{}", "issueId"),
    "strike": ("/app/strikes", ""),
    "balance": ("/app/wallet", ""),
    "badge": ("/app/missions", ""),
    "mission": ("/app/missions", ""),
    "money": ("/business/wallet", ""),
}


def page_of(*, kind: str, data: Mapping[str, object]) -> str:
    """
    Return the path of the page that shows more of a message; empty when its text is all there is.

    What is said to riders and to businesses alike (payouts, sign-ins) has no page: the inbox of the app
    that was told shows it.
    """
    page, names = _PAGES.get(quiet.family_of(kind), ("", ""))
    if names and not data.get(names):
        return ""
    return page.format(data.get(names))
