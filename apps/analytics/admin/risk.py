"""Cases of suspected fraud: why, what is at stake, and where the acts are; the thresholds behind them."""

from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.analytics import casework, tables
from apps.analytics.models import Assessment, RiskCase, RiskSignal, RiskTable
from apps.analytics.signals import in_words
from apps.analytics.thresholds import NAMES
from apps.handshake import selectors as handshakes
from apps.handshake.selectors import Waiting
from apps.merchants import selectors as merchants
from uma.kernel.desk import (
    Answers,
    Needs,
    ReadOnlyAdmin,
    ReasonForm,
    act_on_chosen,
    beside,
    link_to,
    zones_with,
)
from uma.kernel.desk_amounts import amount

SHOWN = 25


@admin.register(RiskCase)
class RiskCaseAdmin(ReadOnlyAdmin[RiskCase]):
    few = True
    zone_path = "zone_code"
    list_display = ("opened_at", "judged", "business", "in_short", "at_stake")
    list_filter = ("state", "band", "zone_code", "opened_at")
    list_per_page = SHOWN
    search_fields = ("=id", "=rider_id", "=merchant_id")
    ordering = ("state", "-score", "opened_at")
    fields = (
        "state", "band", "score", "why", "at_stake", "see_also", "business", "opened_at", "decided_at",
        "decided_by", "rider_id", "merchant_id", "zone_code",
    )  # fmt: skip
    readonly_fields = ("why", "at_stake", "see_also", "business")
    actions = ("clear_selected", "confirm_selected", "take_back_selected")

    @admin.display(description="Business")
    def business(self, case: RiskCase) -> str:
        return merchants.brands(merchant_ids=[case.merchant_id]).get(case.merchant_id, "—")

    @admin.display(description="Band and score", ordering="score")
    def judged(self, case: RiskCase) -> str:
        return f"{case.get_band_display()} {case.score}, {case.get_state_display().lower()}"

    @admin.display(description="Why, and where to act")
    def in_short(self, case: RiskCase) -> SafeString:
        # In one cell: two narrow ones would be longer than a screen.
        return format_html("{}<div>{}</div>", self.why(case), self.see_also(case))

    @admin.display(description="Why")
    def why(self, case: RiskCase) -> SafeString:
        rows = RiskSignal.objects.filter(rider_id=case.rider_id, merchant_id=case.merchant_id)
        # Of each rule what it said last.
        newest = rows.order_by("rule", "-at").distinct("rule")
        said = sorted(newest, key=lambda one: -one.points)
        return format_html_join(
            "", "<div>{} <small>+{}</small></div>", ((_said(one), one.points) for one in said)
        )

    @admin.display(description="Cashback of such visits")
    def at_stake(self, case: RiskCase) -> str:
        rows = Assessment.objects.filter(rider_id=case.rider_id, merchant_id=case.merchant_id)
        raised = rows.exclude(band="ALLOW").aggregate(paise=Sum("cashback_paise"))
        return amount(raised["paise"] or 0)

    @admin.display(description="Look and act")
    def see_also(self, case: RiskCase) -> SafeString:
        rider, merchant = case.rider_id, case.merchant_id
        return beside(
            [
                link_to(
                    "handshake_handshake_changelist", "Visits that wait", q=rider, review__exact=1,
                    review_decided_at__isnull=1,
                ),
                link_to("handshake_handshake_changelist", "Rider's visits", q=rider),
                link_to("rides_booking_changelist", "Bookings", q=rider),
                link_to("payments_fundaccount_changelist", "Payout accounts", q=rider),
                link_to("accounts_session_changelist", "Sessions", q=rider),
                link_to("merchants_merchant_changelist", "Business", q=merchant),
                link_to("analytics_risksignal_changelist", "Signals", q=rider),
            ]
        )  # fmt: skip

    @admin.action(description="Nothing wrong: close, watch no longer", permissions=["decide"])
    def clear_selected(
        self, request: HttpRequest, chosen: QuerySet[RiskCase]
    ) -> HttpResponse | None:
        question = "Close these cases? What the riders book from now on is paid at once again."
        return self._decide(request, chosen, "clear_selected", question, fraud=False)

    @admin.action(description="Fraud: close, watch the rider everywhere", permissions=["decide"])
    def confirm_selected(
        self, request: HttpRequest, chosen: QuerySet[RiskCase]
    ) -> HttpResponse | None:
        question = "Close these cases as fraud? Whatever these riders book waits for a look."
        return self._decide(request, chosen, "confirm_selected", question, fraud=True)

    @admin.action(description="Fraud by mistake: watch no longer", permissions=["decide"])
    def take_back_selected(
        self, request: HttpRequest, chosen: QuerySet[RiskCase]
    ) -> HttpResponse | None:
        def act(case_id: UUID, actor_id: UUID, answers: Answers) -> None:
            casework.clear_confirmed(
                case_id=case_id, actor_id=actor_id, reason=answers["reason"], now=timezone.now()
            )

        # As the list of visits: what waits in other cities is not told here.
        waiting = handshakes.waiting_of(
            rider_ids=set(chosen.values_list("rider_id", flat=True)),
            within=zones_with(request, "handshake.view_handshake"),
        )
        return act_on_chosen(
            self,
            request,
            chosen,
            action="take_back_selected",
            question="Clear what was decided as fraud, and watch these riders no longer?",
            act=act,
            describe=lambda case: self._with_what_waits(case, waiting.get(case.rider_id)),
        )

    def _with_what_waits(self, case: RiskCase, waits: Waiting | None) -> SafeString:
        """Say what the act leaves waiting: it is paid or returned visit by visit."""
        text = "none of the rider's visits waits"
        if waits is not None:
            verb = "waits" if waits.visits == 1 else "wait"
            text = f"{waits.visits} of the rider's visits {verb} with {amount(waits.paise)}"
        return format_html("{}, {}: {}", self.business(case), self.judged(case), text)

    def _decide(
        self,
        request: HttpRequest,
        chosen: QuerySet[RiskCase],
        action: str,
        question: str,
        *,
        fraud: bool,
    ) -> HttpResponse | None:
        def act(case_id: UUID, actor_id: UUID, answers: Answers) -> None:
            casework.decide_case(
                case_id=case_id,
                fraud=fraud,
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )

        return act_on_chosen(self, request, chosen, action=action, question=question, act=act)

    has_decide_permission = Needs("analytics.decide_riskcase")


def _said(signal: RiskSignal) -> str:
    return in_words(signal.rule, signal.facts)


@admin.register(RiskSignal)
class RiskSignalAdmin(ReadOnlyAdmin[RiskSignal]):
    zone_path = "zone_code"
    list_display = ("at", "rule", "points", "said", "zone_code", "by_table", "see_also")
    list_filter = ("rule", "zone_code", "at")
    search_fields = ("=id", "=handshake_id", "=rider_id")

    @admin.display(description="What it saw")
    def said(self, signal: RiskSignal) -> str:
        return _said(signal)

    @admin.display(description="See also")
    def see_also(self, signal: RiskSignal) -> SafeString:
        return beside(
            [
                link_to("handshake_handshake_changelist", "Visit", q=signal.handshake_id),
                link_to("analytics_riskcase_changelist", "Cases", q=signal.rider_id),
            ]
        )


@admin.register(Assessment)
class AssessmentAdmin(ReadOnlyAdmin[Assessment]):
    zone_path = "zone_code"
    list_display = ("visited_at", "band", "score", "cashback", "zone_code", "by_table", "see_also")
    list_filter = ("band", "zone_code", "visited_at")
    search_fields = ("=handshake_id",)

    @admin.display(description="Cashback")
    def cashback(self, row: Assessment) -> str:
        return amount(row.cashback_paise)

    @admin.display(description="See also")
    def see_also(self, row: Assessment) -> SafeString:
        return link_to("analytics_risksignal_changelist", "Signals", q=row.pk)


class ThresholdForm(ReasonForm):
    """Which number, and where."""

    zone_code = forms.CharField(
        required=False, max_length=8, label="Zone", help_text="Empty: where the chosen row holds."
    )
    name = forms.ChoiceField(choices=[(name, name.replace("_", " ")) for name in NAMES])
    number = forms.IntegerField(min_value=0)

    field_order = ("name", "number", "zone_code", "reason")


@admin.register(RiskTable)
class RiskTableAdmin(ReadOnlyAdmin[RiskTable]):
    few = True
    zone_path = "zone_code"
    list_display = ("set_at", "zone", "version", "changed")
    list_filter = ("zone_code",)
    fields = ("set_at", "zone", "version", "in_force")
    readonly_fields = ("zone", "in_force")
    ordering = ("-set_at",)
    actions = ("change_selected",)

    def trail_ids(self, row: RiskTable) -> list[str]:
        return [tables.table_key(row.zone_code)]

    @admin.display(description="Zone")
    def zone(self, row: RiskTable) -> str:
        return row.zone_code or "every zone"

    @admin.display(description="Other than the product's own")
    def changed(self, row: RiskTable) -> str:
        said = (f"{name.replace('_', ' ')}: {value}" for name, value in row.numbers.items())
        return ", ".join(said) or "—"

    @admin.display(description="The numbers")
    def in_force(self, row: RiskTable) -> SafeString:
        numbers = tables.numbers_of(row).items()
        return format_html_join("", "<div>{}: {}</div>", numbers)

    @admin.action(description="Change a number from now on", permissions=["set"])
    def change_selected(
        self, request: HttpRequest, chosen: QuerySet[RiskTable]
    ) -> HttpResponse | None:
        reach = zones_with(request, "analytics.set_risktable")

        zones = dict(chosen.values_list("pk", "zone_code"))

        def act(key: UUID, actor_id: UUID, answers: Answers) -> None:
            where = {"zone_code": answers["zone_code"] or zones[key]}
            tables.set_threshold(
                **{**answers, **where}, actor_id=actor_id, within=reach, now=timezone.now()
            )

        return act_on_chosen(
            self,
            request,
            chosen,
            action="change_selected",
            question="Which number shall hold from now on?",
            act=act,
            form_class=ThresholdForm,
        )

    has_set_permission = Needs("analytics.set_risktable")
