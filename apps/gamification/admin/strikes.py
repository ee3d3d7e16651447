"""Strikes, appeals with the time that is left for them, restrictions, and what operators decide."""

import json
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from apps.gamification import services
from apps.gamification.admin.known import known_about, lines
from apps.gamification.models import Appeal, Restriction, Strike, StrikePolicy
from uma.kernel.desk import (
    Answers,
    Needs,
    ReadOnlyAdmin,
    ReasonForm,
    act_on_chosen,
    beside,
    link_to,
    readable,
)

SOON = timedelta(hours=12)
IN_SHORT = 80


@admin.register(Appeal)
class AppealAdmin(ReadOnlyAdmin[Appeal]):
    few = True
    zone_path = "zone_code"
    trail_keys = ("pk", "strike_id")
    list_display = ("time_left", "state", "line", "zone_code", "missed", "in_short", "see_also")
    list_filter = ("state", "line", "zone_code")
    list_select_related = ("strike__no_show",)
    search_fields = ("=id", "=rider_id", "=strike__id")
    # The one due first coming first; decided ones behind: OPEN, REJECTED, UPHELD.
    ordering = ("state", "due_at")
    fields = (
        "time_left", "state", "line", "said", "known", "see_also", "answer", "decided_at", "decided_by",
        "not_by", "strike", "rider_id", "zone_code", "opened_at", "due_at",
    )  # fmt: skip
    readonly_fields = ("time_left", "said", "known", "see_also")
    actions = ("uphold_selected", "reject_selected")

    @admin.display(description="Time left", ordering="due_at")
    def time_left(self, row: Appeal) -> SafeString | str:
        if row.state != Appeal.State.OPEN:
            return "—"
        left = row.due_at - timezone.now()
        if left <= timedelta(0):
            return format_html("<strong>{}</strong>", "granted within the minute")
        hours, minutes = divmod(int(left.total_seconds()) // 60, 60)
        text = f"{hours} h {minutes:02} min"
        return format_html("<strong>{}</strong>", text) if left < SOON else text

    @admin.display(description="Missed")
    def missed(self, row: Appeal) -> str:
        return _missed(row.strike)

    @admin.display(description="What the rider says")
    def in_short(self, row: Appeal) -> str:
        return Truncator(readable(lambda: _said(row)[0])).chars(IN_SHORT)

    @admin.display(description="What the rider says")
    def said(self, row: Appeal) -> SafeString | str:
        return lines(readable(lambda: "\n".join(_said(row))).split("\n"))

    @admin.display(description="What is known")
    def known(self, row: Appeal) -> SafeString | str:
        return known_about(row.strike.no_show)

    @admin.display(description="See also")
    def see_also(self, row: Appeal) -> SafeString:
        return _of_the_rider(row.rider_id)

    @admin.action(description="Grant: the strike goes", permissions=["decide"])
    def uphold_selected(
        self, request: HttpRequest, chosen: QuerySet[Appeal]
    ) -> HttpResponse | None:
        return self._decide(request, chosen, action="uphold_selected", for_rider=True)

    @admin.action(
        description="Turn down; the reason is what the rider reads", permissions=["decide"]
    )
    def reject_selected(
        self, request: HttpRequest, chosen: QuerySet[Appeal]
    ) -> HttpResponse | None:
        return self._decide(request, chosen, action="reject_selected", for_rider=False)

    def _decide(
        self, request: HttpRequest, chosen: QuerySet[Appeal], *, action: str, for_rider: bool
    ) -> HttpResponse | None:
        def act(appeal_id: UUID, actor_id: UUID, answers: Answers) -> None:
            services.decide_appeal(
                appeal_id=appeal_id,
                for_rider=for_rider,
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )

        verb = "Grant" if for_rider else "Turn down"
        return act_on_chosen(
            self, request, chosen, action=action, question=f"{verb} these appeals?", act=act
        )

    has_decide_permission = Needs("gamification.overturn_strike")


def _said(row: Appeal) -> list[str]:
    if not row.statement:
        return ["—"]
    said = json.loads(row.statement)
    return [
        said["text"],
        *(f"{one['kind'].capitalize()}: {one['text']}" for one in said["evidence"]),
    ]


def _missed(row: Strike) -> str:
    return f"{row.no_show.merchant_name}, {row.no_show.expired_at:%d %b %H:%M} UTC"


def _of_the_rider(rider_id: UUID) -> SafeString:
    return beside(
        [
            link_to("gamification_strike_changelist", "Strikes", q=rider_id),
            link_to("gamification_appeal_changelist", "Appeals", q=rider_id),
            link_to("gamification_restriction_changelist", "Pauses", q=rider_id),
        ]
    )


def one_by_one(does: Callable[..., object], name: str) -> Callable[[UUID, UUID, Answers], None]:
    """Return an act that calls a service for one row with a reason."""

    def act(key: UUID, actor_id: UUID, answers: Answers) -> None:
        does(**{name: key}, actor_id=actor_id, reason=answers["reason"], now=timezone.now())

    return act


@admin.register(Strike)
class StrikeAdmin(ReadOnlyAdmin[Strike]):
    zone_path = "zone_code"
    trail_keys = ("pk", "no_show_id")
    list_display = (
        "struck_at",
        "state",
        "zone_code",
        "missed",
        "lapses_at",
        "see_also",
    )
    list_filter = ("state", "zone_code", "overturned_for", "struck_at")
    list_select_related = ("no_show",)
    fields = (
        "state", "known", "see_also", "struck_at", "lapses_at", "overturned_at", "overturned_for",
        "no_show", "rider_id", "zone_code",
    )  # fmt: skip
    readonly_fields = ("known", "see_also")
    search_fields = ("=id", "=rider_id", "=no_show__booking_id")
    actions = ("overturn_selected",)

    @admin.display(description="Missed")
    def missed(self, row: Strike) -> str:
        return _missed(row)

    @admin.display(description="What is known")
    def known(self, row: Strike) -> SafeString | str:
        return known_about(row.no_show)

    @admin.display(description="See also")
    def see_also(self, row: Strike) -> SafeString:
        booking = link_to("rides_booking_changelist", "Booking", q=row.no_show_id)
        return beside([booking, _of_the_rider(row.rider_id)])

    @admin.action(description="Overturn: the strike goes", permissions=["overturn"])
    def overturn_selected(
        self, request: HttpRequest, chosen: QuerySet[Strike]
    ) -> HttpResponse | None:
        return act_on_chosen(
            self,
            request,
            chosen,
            action="overturn_selected",
            question="Take these strikes back? What they led to is counted anew.",
            act=one_by_one(services.overturn, "strike_id"),
        )

    has_overturn_permission = Needs("gamification.overturn_strike")


@admin.register(Restriction)
class RestrictionAdmin(ReadOnlyAdmin[Restriction]):
    zone_path = "zone_code"
    trail_keys = ("pk", "booking_id")
    list_display = (
        "starts_at",
        "level",
        "ends",
        "zone_code",
        "rider_id",
        "lifted_at",
        "reviewed_at",
    )
    list_filter = ("level", "zone_code", "starts_at")
    search_fields = ("=id", "=rider_id")
    actions = ("end_selected",)

    @admin.display(description="Until", ordering="until")
    def ends(self, row: Restriction) -> str:
        return "a review" if row.until is None else f"{row.until:%d %b %Y %H:%M} UTC"

    @admin.action(description="End: the rider may book again", permissions=["review"])
    def end_selected(
        self, request: HttpRequest, chosen: QuerySet[Restriction]
    ) -> HttpResponse | None:
        return act_on_chosen(
            self,
            request,
            chosen,
            action="end_selected",
            question="Let these riders book again?",
            act=one_by_one(services.end_restriction, "restriction_id"),
        )

    has_review_permission = Needs("gamification.review_restriction")


class PolicyForm(ReasonForm):
    """How strikes count from now on."""

    clears = forms.ChoiceField(choices=StrikePolicy.Clears.choices, label="A visit clears")
    limit = forms.IntegerField(min_value=1, max_value=20, label="Strikes that pause booking")
    window_days = forms.IntegerField(min_value=1, max_value=730, label="Days a strike counts")
    ladder_days = forms.CharField(label="Days of each pause", help_text="Like 7, 30.")

    def clean_ladder_days(self) -> list[int]:
        try:
            days = [int(part) for part in self.cleaned_data["ladder_days"].split(",")]
        except ValueError:
            raise forms.ValidationError("Whole days, with commas between them.") from None
        return days


@admin.register(StrikePolicy)
class StrikePolicyAdmin(ReadOnlyAdmin[StrikePolicy]):
    few = True
    zone_path = "*"
    list_display = ("effective_from", "clears", "limit", "window_days", "ladder_days")
    ordering = ("-effective_from",)
    actions = ("replace_selected",)

    def trail_ids(self, row: StrikePolicy) -> list[str]:  # noqa: ARG002 — the desk's signature
        return [services.POLICIES]

    @admin.action(description="Replace from now on", permissions=["set"])
    def replace_selected(
        self, request: HttpRequest, chosen: QuerySet[StrikePolicy]
    ) -> HttpResponse | None:
        def act(key: UUID, actor_id: UUID, answers: Answers) -> None:
            del key
            now = timezone.now()
            services.set_policy(effective_from=now, actor_id=actor_id, now=now, **answers)

        return act_on_chosen(
            self,
            request,
            chosen,
            action="replace_selected",
            question="How shall strikes count from now on?",
            act=act,
            form_class=PolicyForm,
        )

    has_set_permission = Needs("gamification.set_strike_policy")
