"""Campaigns, their revisions, caps and fees as operators see them, and what operators do."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.campaigns import selectors, services
from apps.campaigns.lifecycle import SuspendedFor
from apps.campaigns.models import Allotment, Campaign, Deal, FeeSchedule, Revision
from uma.kernel.desk import (
    Answers,
    Needs,
    ReadOnlyAdmin,
    ReasonForm,
    act_on_chosen,
    beside,
    link_to,
    trail_of,
)
from uma.kernel.desk_amounts import amount, as_told

# What a service does to one campaign, by whom and why.
Act = Callable[[UUID, UUID, str], object]


def differences(newer: Revision, older: Revision | None) -> list[tuple[str, object, object]]:
    """Return the terms in which a revision differs from the one before: name, before, after."""
    before = older.terms if older else {}
    return [
        (*as_told(name, before.get(name, "—")), as_told(name, value)[1])
        for name, value in newer.terms.items()
        if before.get(name) != value and (older is None or name in before)
    ]


def _history(campaign: Campaign) -> SafeString:
    """Return the campaign's revisions, each as what it changed, the newest first."""
    rows = selectors.revisions(campaign_id=campaign.pk)
    parts = []
    for place, newer in enumerate(rows):
        older = rows[place + 1] if place + 1 < len(rows) else None
        lines = format_html_join(
            "", "<li>{}: <del>{}</del> <ins>{}</ins></li>", differences(newer, older)
        )
        parts.append(
            format_html(
                "<p>Revision {}, {}</p><ul>{}</ul>", newer.number, f"{newer.at:%d %b %Y}", lines
            )
        )
    return format_html_join("", "{}", ((part,) for part in parts))


def _described(campaign: Campaign) -> SafeString:
    return format_html("{} ({}){}", campaign.title, campaign.state, _history(campaign))


class SuspendForm(ReasonForm):
    """Fraud is told apart: it alone keeps what is booked from being honoured."""

    kind = forms.ChoiceField(
        label="Kind",
        choices=[
            (SuspendedFor.OTHER.value, "Anything else: what is booked is honoured"),
            (SuspendedFor.FRAUD.value, "Fraud: scans are refused, and what is booked is voided"),
        ],
        widget=forms.RadioSelect,
    )


class MaybeReasonForm(forms.Form):
    """What only lets things go their way may say why."""

    reason = forms.CharField(max_length=500, required=False)


@admin.register(Campaign)
class CampaignAdmin(ReadOnlyAdmin[Campaign]):
    few = True
    zone_path = "zone_id"
    list_display = [
        "title", "merchant", "zone", "state", "pause_reason", "reimbursement", "budget",
        "starts_at", "ends_at", "links",
    ]  # fmt: skip
    list_filter = ["state", "pause_reason", "suspended_for", "zone", "audience", "created_at"]
    list_select_related = ["merchant", "zone"]
    search_fields = ["title", "merchant__brand", "=id", "=merchant__id"]
    readonly_fields = ["links", "history"]
    actions = [
        "approve_selected", "reject_selected", "pause_selected", "resume_selected",
        "suspend_selected", "lift_selected", "end_selected",
    ]  # fmt: skip

    @admin.display(description="Reimbursement", ordering="cap_paise")
    def reimbursement(self, campaign: Campaign) -> str:
        return amount(campaign.cap_paise)

    @admin.display(description="Budget", ordering="budget_paise")
    def budget(self, campaign: Campaign) -> str:
        return amount(campaign.budget_paise)

    @admin.display(description="See also")
    def links(self, campaign: Campaign) -> SafeString:
        key = campaign.pk
        return beside(
            [
                link_to("campaigns_allotment_changelist", "Caps", campaign__id__exact=key),
                link_to("campaigns_deal_changelist", "Outlets", campaign__id__exact=key),
                trail_of(key),
            ]
        )

    @admin.display(description="Revisions")
    def history(self, campaign: Campaign) -> SafeString:
        return _history(campaign)

    has_review_permission = Needs("campaigns.review_campaign")

    has_suspend_permission = Needs("campaigns.suspend_campaign")

    def _ask(
        self,
        request: HttpRequest,
        chosen: QuerySet[Campaign],
        *,
        action: str,
        question: str,
        does: Act,
        form_class: type[forms.Form] = ReasonForm,
    ) -> HttpResponse | None:
        def act(campaign_id: UUID, actor_id: UUID, answers: Answers) -> None:
            does(campaign_id, actor_id, answers["reason"])

        return act_on_chosen(
            self,
            request,
            chosen,
            action=action,
            question=question,
            act=act,
            form_class=form_class,
            describe=_described,
        )

    @admin.action(description="Approve", permissions=["review"])
    def approve_selected(
        self, request: HttpRequest, chosen: QuerySet[Campaign]
    ) -> HttpResponse | None:
        return self._ask(
            request,
            chosen,
            action="approve_selected",
            question="Approve these campaigns with the limits they ask for?",
            does=lambda campaign_id, actor_id, reason: services.approve(
                campaign_id=campaign_id, actor_id=actor_id, reason=reason, now=timezone.now()
            ),
        )

    @admin.action(description="Reject", permissions=["review"])
    def reject_selected(
        self, request: HttpRequest, chosen: QuerySet[Campaign]
    ) -> HttpResponse | None:
        return self._ask(
            request,
            chosen,
            action="reject_selected",
            question="Return these campaigns to their owners as drafts?",
            does=lambda campaign_id, actor_id, reason: services.reject(
                campaign_id=campaign_id, actor_id=actor_id, reason=reason, now=timezone.now()
            ),
        )

    @admin.action(description="Pause", permissions=["suspend"])
    def pause_selected(
        self, request: HttpRequest, chosen: QuerySet[Campaign]
    ) -> HttpResponse | None:
        return self._ask(
            request,
            chosen,
            action="pause_selected",
            question="Pause these campaigns? Their owners cannot resume them.",
            does=lambda campaign_id, actor_id, reason: services.pause(
                campaign_id=campaign_id,
                merchant_id=None,
                actor_id=actor_id,
                reason=reason,
                now=timezone.now(),
            ),
        )

    @admin.action(description="Resume", permissions=["suspend"])
    def resume_selected(
        self, request: HttpRequest, chosen: QuerySet[Campaign]
    ) -> HttpResponse | None:
        return self._ask(
            request,
            chosen,
            action="resume_selected",
            question="Let these campaigns sell again?",
            does=lambda campaign_id, actor_id, _: services.resume(
                campaign_id=campaign_id, merchant_id=None, actor_id=actor_id, now=timezone.now()
            ),
            form_class=MaybeReasonForm,
        )

    @admin.action(description="Suspend", permissions=["suspend"])
    def suspend_selected(
        self, request: HttpRequest, chosen: QuerySet[Campaign]
    ) -> HttpResponse | None:
        def act(campaign_id: UUID, actor_id: UUID, answers: Answers) -> None:
            services.suspend(
                campaign_id=campaign_id,
                kind=SuspendedFor(answers["kind"]),
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )

        return act_on_chosen(
            self,
            request,
            chosen,
            action="suspend_selected",
            question="Take these campaigns out of their owners' hands?",
            act=act,
            form_class=SuspendForm,
            describe=_described,
        )

    @admin.action(description="Lift the suspension", permissions=["suspend"])
    def lift_selected(
        self, request: HttpRequest, chosen: QuerySet[Campaign]
    ) -> HttpResponse | None:
        return self._ask(
            request,
            chosen,
            action="lift_selected",
            question="Return these campaigns to the state they were in?",
            does=lambda campaign_id, actor_id, reason: services.lift(
                campaign_id=campaign_id, actor_id=actor_id, reason=reason, now=timezone.now()
            ),
        )

    @admin.action(description="End for good", permissions=["suspend"])
    def end_selected(self, request: HttpRequest, chosen: QuerySet[Campaign]) -> HttpResponse | None:
        return self._ask(
            request,
            chosen,
            action="end_selected",
            question="End these campaigns? What is booked is honoured.",
            does=lambda campaign_id, actor_id, _: services.end(
                campaign_id=campaign_id, merchant_id=None, actor_id=actor_id, now=timezone.now()
            ),
            form_class=MaybeReasonForm,
        )


@admin.register(Revision)
class RevisionAdmin(ReadOnlyAdmin[Revision]):
    few = True
    trail_keys = ("campaign_id",)
    zone_path = "campaign__zone_id"
    list_display = ["campaign", "number", "at", "actor_id"]
    list_select_related = ["campaign"]
    list_filter = ["at"]
    search_fields = ["=campaign__id", "campaign__title"]


@admin.register(Deal)
class DealAdmin(ReadOnlyAdmin[Deal]):
    few = True
    trail_keys = ("campaign_id",)
    zone_path = "zone_code"
    list_display = [
        "campaign",
        "outlet",
        "zone_code",
        "category",
        "is_live",
        "starts_at",
        "ends_at",
    ]
    list_filter = ["is_live", "zone_code", "category"]
    list_select_related = ["campaign", "outlet"]
    search_fields = ["campaign__title", "outlet__name", "=campaign__id"]
    exclude = ["open_week"]


@admin.register(Allotment)
class AllotmentAdmin(ReadOnlyAdmin[Allotment]):
    trail_keys = ("campaign_id",)
    zone_path = "campaign__zone_id"
    list_display = [
        "campaign", "scope", "seats_taken", "seats_limit", "visits", "committed", "spent", "limit",
    ]  # fmt: skip
    list_select_related = ["campaign"]
    search_fields = ["=campaign__id"]

    @admin.display(description="Committed", ordering="committed_paise")
    def committed(self, row: Allotment) -> str:
        return amount(row.committed_paise)

    @admin.display(description="Spent", ordering="spent_paise")
    def spent(self, row: Allotment) -> str:
        return amount(row.spent_paise)

    @admin.display(description="Budget", ordering="budget_paise")
    def limit(self, row: Allotment) -> str:
        return amount(row.budget_paise)


class FeesForm(ReasonForm):
    """What new campaigns and boosts of a zone pay, from now on."""

    cpt = forms.DecimalField(label="Per visit, rupees", min_value=0, max_digits=8, decimal_places=2)
    cpa = forms.DecimalField(
        label="Per new customer, rupees", min_value=0, max_digits=8, decimal_places=2
    )
    gst = forms.IntegerField(label="GST, percent", min_value=0, max_value=100)
    boost = forms.DecimalField(
        label="A week of a boost, rupees", min_value=1, max_digits=8, decimal_places=2
    )
    slots = forms.IntegerField(label="Boosts in a tile of the map", min_value=0, max_value=20)


@admin.register(FeeSchedule)
class FeeScheduleAdmin(ReadOnlyAdmin[FeeSchedule]):
    few = True
    trail_keys = ("zone_id",)
    zone_path = "zone_id"
    list_display = ["zone", "effective_from", "cpt", "cpa", "gst_bps", "boost", "boost_slots"]
    list_filter = ["zone"]
    list_select_related = ["zone"]
    actions = ["replace_selected"]

    @admin.display(description="Per visit", ordering="cpt_fee_paise")
    def cpt(self, fees: FeeSchedule) -> str:
        return amount(fees.cpt_fee_paise)

    @admin.display(description="Per new customer", ordering="cpa_fee_paise")
    def cpa(self, fees: FeeSchedule) -> str:
        return amount(fees.cpa_fee_paise)

    @admin.display(description="A week of a boost", ordering="boost_week_paise")
    def boost(self, fees: FeeSchedule) -> str:
        return amount(fees.boost_week_paise)

    has_set_permission = Needs("campaigns.set_fees")

    @admin.action(description="Set new fees for the zone of this row", permissions=["set"])
    def replace_selected(
        self, request: HttpRequest, chosen: QuerySet[FeeSchedule]
    ) -> HttpResponse | None:
        zones = dict(chosen.values_list("pk", "zone_id"))

        def act(key: int, actor_id: UUID, answers: Answers) -> None:
            now = timezone.now()
            services.set_fees(
                zone_code=zones[key],
                effective_from=now + timedelta(seconds=1),
                cpt_fee_paise=int(answers["cpt"] * 100),
                cpa_fee_paise=int(answers["cpa"] * 100),
                gst_bps=answers["gst"] * 100,
                boost_week_paise=int(answers["boost"] * 100),
                boost_slots=answers["slots"],
                reason=answers["reason"],
                actor_id=actor_id,
                now=now,
            )

        return act_on_chosen(
            self,
            request,
            chosen,
            action="replace_selected",
            question="Set the fees of these zones from now on? Older campaigns keep theirs.",
            act=act,
            form_class=FeesForm,
        )
