"""What a business should know first: an empty wallet, a deal that stands still, a system that is deaf."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from apps.business.amounts import typed_rupees
from apps.business.visiting import Visitor
from apps.campaigns import selectors as campaigns
from apps.campaigns.models import Campaign
from apps.gamification import selectors as gamification
from apps.merchants import duties
from apps.notifications import selectors as told
from apps.payments import selectors as payments
from apps.wallet import codes
from apps.wallet import selectors as ledger
from uma.kernel.templatetags.web import grouped, rupees

LATELY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Alert:
    """One sentence, how bad it is, and where it is mended."""

    tone: str
    text: str
    url: str


def alerts(visitor: Visitor, own: Sequence[Campaign], *, now: datetime) -> list[Alert]:
    """Return what needs somebody, the worst first."""
    found = [
        *_money(visitor, now=now),
        *_scans(visitor, now=now),
        *_deals(own),
        *_systems(visitor),
    ]
    return sorted(found, key=lambda alert: alert.tone != "bad")


def _money(visitor: Visitor, *, now: datetime) -> Iterator[Alert]:
    merchant_id = visitor.staff.merchant_id
    code, url = codes.merchant_wallet(merchant_id), reverse("business-wallet")
    balance_paise = ledger.balance_paise(code=code)
    rule = payments.balance_rule(merchant_id=merchant_id, now=now).rule
    if ledger.is_frozen(code=code):
        yield Alert("bad", _("Your wallet is frozen."), url)
    elif balance_paise < rule.alert_below_paise:
        said = _("Only %(left)s left in your wallet.") % {"left": rupees(balance_paise)}
        # The form to add money, with the amount that they would order by themselves.
        wished = urlencode({"amount": typed_rupees(rule.auto_amount_paise)})
        yield Alert("bad" if balance_paise <= 0 else "warn", said, f"{url}?{wished}#add")


def _scans(visitor: Visitor, *, now: datetime) -> Iterator[Alert]:
    staff = visitor.staff
    for code, number in turned_away(
        merchant_id=staff.merchant_id, since=now - LATELY, until=now, outlet_ids=staff.outlet_ids
    ):
        said = _("Guests turned away since yesterday: %(number)s. %(why)s") % {
            "number": grouped(number),
            "why": why_failed(code),
        }
        yield Alert("bad", said, reverse("business-funnel"))


def turned_away(
    *, merchant_id: UUID, since: datetime, until: datetime, outlet_ids: Collection[UUID]
) -> list[tuple[str, int]]:
    """Return how many guests stood at a counter in vain, by the code of why, the most frequent first."""
    failed = gamification.failed_scans(
        merchant_id=merchant_id, since=since, until=until, outlet_ids=outlet_ids
    )
    # Asked for once more, the bill is keyed in and the guest is not turned away.
    del failed["bill_needed"]
    return failed.most_common()


def why_failed(code: str) -> str:
    """Return why a scan failed through no fault of the guest, as the owner is told."""
    words = {
        "wallet_frozen": _("The wallet is frozen."),
        "merchant_not_active": _("The business is not active."),
        "scanner_not_allowed": _("Whoever scanned may not scan here."),
        "ride_not_proven": _(
            "The ride that the deal asks for was missing; the guest has no strike."
        ),
        "dropoff_not_here": _(
            "The ride that the deal asks for was missing; the guest has no strike."
        ),
    }
    return words.get(code, _("It was our fault; the guest has no strike."))


def _deals(own: Sequence[Campaign]) -> Iterator[Alert]:
    for one in own:
        url = reverse("business-deal", args=[one.pk])
        if one.state == campaigns.State.EXHAUSTED:
            yield Alert("warn", _("Sold out: %(deal)s") % {"deal": one.title}, url)
        elif one.state == campaigns.State.SUSPENDED:
            yield Alert("bad", _("Stopped by us: %(deal)s") % {"deal": one.title}, url)
        elif one.pause_reason == "low_balance":
            yield Alert("bad", _("Waits for money: %(deal)s") % {"deal": one.title}, url)


def _systems(visitor: Visitor) -> Iterator[Alert]:
    if not visitor.may(duties.MANAGE_WEBHOOKS):
        return
    for one in told.endpoints(merchant_id=visitor.staff.merchant_id):
        url = reverse("business-webhook", args=[one.pk])
        if one.disabled_reason in {"gone", "failing"}:
            yield Alert("bad", _("A webhook was given up: %(url)s") % {"url": one.url}, url)
        elif one.paused_until is not None:
            yield Alert("warn", _("A webhook does not answer: %(url)s") % {"url": one.url}, url)
