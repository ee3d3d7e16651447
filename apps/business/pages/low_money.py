"""When money runs low: what needs somebody now, below which balance they are told, and what is ordered then."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.business.alerts import alerts
from apps.business.amounts import paise_in, typed_rupees
from apps.business.visiting import Visitor, page, show
from apps.business.wordings import refusal_words
from apps.campaigns import selectors as campaigns
from apps.merchants import duties
from apps.payments import selectors, services
from apps.payments.errors import BalanceRuleNotAllowed
from apps.payments.services.balances import MOST_MONTH_PAISE, MOST_THRESHOLD_PAISE
from uma.kernel.templatetags.web import rupees

MOST_CAMPAIGNS = 200
# The least and the most of each field, in paise.
FIELDS: Mapping[str, tuple[int, int]] = {
    "alert_below": (0, MOST_THRESHOLD_PAISE),
    "auto_below": (1_00, MOST_THRESHOLD_PAISE),
    "auto_amount": (services.LEAST_PAISE, services.MOST_PAISE),
    "auto_monthly_cap": (services.LEAST_PAISE, MOST_MONTH_PAISE),
}


@page(duties.SET_BALANCE_RULE, methods=("GET", "POST"))
def low_money(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show what needs somebody and the rule about a low balance; a POST sets the rule."""
    merchant_id, now = visitor.staff.merchant_id, timezone.now()
    view = selectors.balance_rule(merchant_id=merchant_id, now=now)
    own = campaigns.campaigns_of(merchant_id=merchant_id, limit=MOST_CAMPAIGNS)
    facts: dict[str, object] = {
        "alerts": alerts(visitor, own, now=now),
        "ordered_paise": view.ordered_paise,
        "fields": {name: typed_rupees(getattr(view.rule, f"{name}_paise")) for name in FIELDS},
        "auto_on": view.rule.auto_on,
        "saved": "saved" in request.GET,
        "wrong": {},
    }
    if request.method != "POST":
        return show(request, "low_money", facts, visitor=visitor)
    typed = {name: request.POST.get(name, "").strip() for name in FIELDS}
    paise = {name: paise_in(text) for name, text in typed.items()}
    wrong = _wrong(paise)
    refusal = ""
    if not wrong:
        try:
            services.set_balance_rule(
                merchant_id=merchant_id,
                auto_on="auto_on" in request.POST,
                actor_id=visitor.principal.user_id,
                now=now,
                **{f"{name}_paise": found or 0 for name, found in paise.items()},
            )
        except BalanceRuleNotAllowed as not_allowed:
            refusal = refusal_words(not_allowed)
        else:
            return redirect(f"{reverse('business-low-money')}?saved=1")
    facts |= {
        "fields": typed,
        "auto_on": "auto_on" in request.POST,
        "wrong": wrong,
        "refusal": refusal,
        "saved": False,
    }
    return show(request, "low_money", facts, visitor=visitor, status=BalanceRuleNotAllowed.status)


def _wrong(paise: Mapping[str, int | None]) -> dict[str, str]:
    """Return what is wrong with which field."""
    wrong = {
        name: _("Write an amount from %(least)s to %(most)s.")
        % {"least": rupees(least), "most": rupees(most)}
        for name, (least, most) in FIELDS.items()
        if not least <= (-1 if (found := paise[name]) is None else found) <= most
    }
    amount, cap = paise["auto_amount"], paise["auto_monthly_cap"]
    if not wrong and amount is not None and cap is not None and cap < amount:
        wrong["auto_monthly_cap"] = _("At least one top-up: %(amount)s.") % {
            "amount": rupees(amount)
        }
    return wrong
