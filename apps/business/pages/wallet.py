"""The wallet: what can be spent, what is set aside, every movement, and adding money."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from apps.business.amounts import paise_in
from apps.business.live import cursor_of
from apps.business.visiting import Visitor, fragment, page, show
from apps.business.wordings import refusal_words
from apps.merchants import duties
from apps.merchants import selectors as merchants
from apps.payments import selectors, services
from apps.payments.errors import TopUpAmountNotAllowed
from apps.payments.models import TopUp
from apps.wallet import codes
from apps.wallet import selectors as ledger
from apps.wallet.selectors import StatementLine
from uma.kernel.errors import DomainError
from uma.kernel.http.checkout import checkout
from uma.kernel.http.idempotency import IdempotencyKey, fingerprint
from uma.kernel.money import PAISE_PER_RUPEE
from uma.kernel.templatetags.web import rupees

LINES = 20
SUGGESTED_RUPEES = (1_000, 2_500, 5_000, 10_000)
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)

# What a movement of the wallet is called.
KINDS: Mapping[str, object] = {
    "topup": pgettext_lazy("movement", "Money added"),
    "hold": pgettext_lazy("movement", "Set aside for a booking"),
    "release": pgettext_lazy("movement", "Booking over, money back"),
    "release_sweep": pgettext_lazy("movement", "Unused part of visits, back"),
    "handshake_reversal": pgettext_lazy("movement", "Visit returned"),
    "dispute_lost": pgettext_lazy("movement", "Dispute decided for you"),
    "refund": pgettext_lazy("movement", "Refund to your bank"),
    "refund_back": pgettext_lazy("movement", "Refund came back"),
    "payout_reversal": pgettext_lazy("movement", "Refund came back"),
    "chargeback": pgettext_lazy("movement", "Payment taken back by the bank"),
    "chargeback_won": pgettext_lazy("movement", "Payment returned by the bank"),
    "merchant_debt_recovery": pgettext_lazy("movement", "Owed amount settled"),
    "boost": pgettext_lazy("movement", "Boost"),
    "boost_refund": pgettext_lazy("movement", "Boost, unused part back"),
    "subscription": pgettext_lazy("movement", "Plan"),
    "subscription_refund": pgettext_lazy("movement", "Plan, unused part back"),
    "adjustment": pgettext_lazy("movement", "Adjusted by UMA"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One movement as the page says it."""

    title: object
    delta_paise: int
    after_paise: int
    at: object


@page(duties.READ_MONEY)
def wallet(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show the balance, the form to add money and the newest movements."""
    now_paying = request.GET.get("top_up", "")
    wished = request.GET.get("amount", "")
    facts = {
        **_purse(visitor),
        **_lines(visitor, before=None),
        **_form(wished if paise_in(wished) is not None else ""),
        "waiting": selectors.waiting_top_ups(merchant_id=visitor.staff.merchant_id),
        "may_add": visitor.may(duties.ADD_MONEY),
        "may_set_rule": visitor.may(duties.SET_BALANCE_RULE),
        "since": cursor_of(visitor),
    }
    if _ID.fullmatch(now_paying):
        facts |= _top_up(visitor, UUID(now_paying)) | {"declined": "declined" in request.GET}
    return show(request, "wallet", facts, visitor=visitor)


@page(duties.READ_MONEY, live=True)
def balance(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show the balance as it is now."""
    return fragment(request, "parts/balance", {**_purse(visitor), "fresh": True})


@page(duties.READ_MONEY)
def lines(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show movements older than `before`, or the newest."""
    before = request.GET.get("before", "")
    older = int(before) if before.isascii() and before.isdecimal() and len(before) < 18 else None  # noqa: PLR2004
    return fragment(request, "parts/lines", _lines(visitor, before=older))


@page(duties.READ_MONEY, live=True)
def top_up(request: HttpRequest, visitor: Visitor, top_up_id: UUID) -> HttpResponse:
    """Say whether a top-up has arrived."""
    return fragment(request, "parts/top_up", _top_up(visitor, top_up_id))


@page(duties.ADD_MONEY, methods=("POST",))
def add_money(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Order a top-up, and send the browser on to pay it."""
    text, key = request.POST.get("amount", "").strip(), request.POST.get("key", "")[:64]
    amount_paise = paise_in(text)
    now = timezone.now()
    try:
        if amount_paise is None:
            raise TopUpAmountNotAllowed(
                least_paise=services.LEAST_PAISE, most_paise=services.MOST_PAISE
            )
        begun = services.begin_top_up(
            merchant_id=visitor.staff.merchant_id,
            amount_paise=amount_paise,
            actor_id=visitor.principal.user_id,
            key=IdempotencyKey(key, fingerprint("POST", request.path, {"paise": amount_paise}))
            if key
            else None,
            now=now,
        )
        ordered = services.order_at_razorpay(top_up_id=begun.top_up.pk, now=now)
    except DomainError as refusal:
        return _again(request, visitor, refusal, text)
    return _checkout(request, visitor, ordered)


@page(duties.ADD_MONEY, methods=("POST",))
def pay(request: HttpRequest, visitor: Visitor, top_up_id: UUID) -> HttpResponse:
    """Send the browser on to pay a top-up that was ordered by itself, once more if it was left."""
    found = selectors.top_up_of(merchant_id=visitor.staff.merchant_id, top_up_id=top_up_id)
    if found.state not in {TopUp.State.CREATED, TopUp.State.OPEN}:
        return redirect(f"{reverse('business-wallet')}?top_up={top_up_id}")
    ordered = services.order_at_razorpay(top_up_id=found.pk, now=timezone.now())
    return _checkout(request, visitor, ordered)


@csrf_exempt
@require_http_methods(["GET", "POST"])
def paid(request: HttpRequest, top_up_id: UUID) -> HttpResponse:
    """
    Take back whoever comes from the checkout; what it says about the payment is not believed.

    Razorpay sends the browser with a POST of its own page, so there is no CSRF token, and nothing here
    is changed.
    """
    told = {**request.GET.dict(), **request.POST.dict()}
    declined = "&declined=1" if any(name.startswith("error") for name in told) else ""
    return redirect(f"{reverse('business-wallet')}?top_up={top_up_id}{declined}")


def _purse(visitor: Visitor) -> dict[str, object]:
    merchant_id = visitor.staff.merchant_id
    code = codes.merchant_wallet(merchant_id)
    return {
        "balance_paise": ledger.balance_paise(code=code),
        "held_paise": ledger.held_paise(merchant_id=merchant_id),
        "frozen": ledger.is_frozen(code=code),
    }


def _lines(visitor: Visitor, *, before: int | None) -> dict[str, object]:
    found: Sequence[StatementLine] = ledger.statement(
        code=codes.merchant_wallet(visitor.staff.merchant_id),
        limit=LINES + 1,
        before_version=before,
    )
    shown = found[:LINES]
    merchant = merchants.merchant(merchant_id=visitor.staff.merchant_id)
    return {
        "lines": [
            Line(
                KINDS.get(line.kind, _("Other movement")),
                line.delta_paise,
                line.balance_after_paise,
                line.event_at,
            )
            for line in shown
        ],
        "older_than": shown[-1].version if len(found) > LINES else None,
        "is_first": before is None,
        "zone": merchant.zone.timezone,
    }


def _form(text: str = "", wrong: str = "") -> dict[str, object]:
    return {
        # A page sent twice orders once.
        "key": str(uuid4()),
        "amount": text,
        "wrong": wrong,
        "suggested": [(amount, rupees(amount * PAISE_PER_RUPEE)) for amount in SUGGESTED_RUPEES],
        "least_paise": services.LEAST_PAISE,
        "most_paise": services.MOST_PAISE,
    }


def _again(request: HttpRequest, visitor: Visitor, refusal: DomainError, text: str) -> HttpResponse:
    """Show the page once more with what was typed and what is wrong with it."""
    wrong = refusal_words(refusal)
    if isinstance(refusal, TopUpAmountNotAllowed):
        wrong = _("Write an amount from %(least)s to %(most)s.") % {
            "least": rupees(services.LEAST_PAISE),
            "most": rupees(services.MOST_PAISE),
        }
    facts = {
        **_purse(visitor),
        **_lines(visitor, before=None),
        **_form(text, wrong),
        "may_add": True,
        "since": cursor_of(visitor),
    }
    return show(request, "wallet", facts, visitor=visitor, status=refusal.status)


def _top_up(visitor: Visitor, top_up_id: UUID) -> dict[str, object]:
    found = selectors.top_up_of(merchant_id=visitor.staff.merchant_id, top_up_id=top_up_id)
    return {"top_up": found, "arrived": found.state == TopUp.State.PAID}


def _checkout(request: HttpRequest, visitor: Visitor, top_up: TopUp) -> HttpResponse:
    """Hand the browser to Razorpay's own page."""
    merchant = merchants.merchant(merchant_id=visitor.staff.merchant_id)
    form = checkout(
        request,
        order_id=top_up.order_id or "",
        amount_paise=top_up.amount_paise,
        description=_("Wallet of %(business)s") % {"business": merchant.brand},
        back=reverse("business-paid", kwargs={"top_up_id": top_up.pk}),
        cancelled=reverse("business-wallet"),
    )
    return show(request, "checkout", {"checkout": form}, status=HTTPStatus.OK, policy=form.policy)
