"""Floods, curfews, strikes of drivers: declared by an operator on the zone's own clock, and withdrawn."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from apps.gamification import services
from apps.gamification.admin.strikes import one_by_one
from apps.gamification.models import ForceMajeure
from apps.merchants import selectors as merchants
from apps.merchants.models import Zone
from uma.kernel.desk import Needs, ReadOnlyAdmin, ReasonForm, act_on_chosen, zones_with
from uma.kernel.errors import DomainError

DECLARE = "gamification.declare_force_majeure"
CLOCK = "%Y-%m-%dT%H:%M"


class ClockField(forms.Field):
    """A time on some zone's clock, which is known only when the zone is."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=CLOCK)

    def to_python(self, value: Any) -> datetime | None:  # Any: Django's signature
        if not value:
            return None
        try:
            return datetime.strptime(value, CLOCK)  # noqa: DTZ007 — the zone is the form's
        except ValueError:
            raise forms.ValidationError("A day and a time, please.") from None


class EventForm(ReasonForm):
    """Where, from when until when on the clock there, and what happened."""

    zone = forms.ChoiceField()
    starts = ClockField(label="From", help_text="On the zone's clock.")
    ends = ClockField(label="Until", help_text="On the zone's clock.")
    field_order = ["zone", "starts", "ends", "reason"]

    def __init__(self, *args: Any, zones: list[Zone], **kwargs: Any) -> None:  # Any: Django's
        super().__init__(*args, **kwargs)
        self.clocks = {zone.code: ZoneInfo(zone.timezone) for zone in zones}
        field = self.fields["zone"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(zone.code, f"{zone.name} ({zone.code})") for zone in zones]

    def instant(self, name: str) -> datetime:
        """Return one of the two times as an instant."""
        told: datetime = self.cleaned_data[name]
        return told.replace(tzinfo=self.clocks[self.cleaned_data["zone"]])


@admin.register(ForceMajeure)
class ForceMajeureAdmin(ReadOnlyAdmin[ForceMajeure]):
    few = True
    zone_path = "zone_code"
    change_list_template = "gamification/events.html"
    list_display = ("zone_code", "starts_at", "ends_at", "reason", "declared_at", "withdrawn_at")
    list_filter = ("zone_code", "starts_at")
    ordering = ("-starts_at",)
    actions = ("withdraw_selected",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.declare)
        return [
            path("declare/", view, name="gamification_forcemajeure_declare"),
            *super().get_urls(),
        ]

    def declare(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm(DECLARE):
            raise PermissionDenied
        own = zones_with(request, DECLARE)
        zones = [zone for zone in merchants.zones() if own is None or zone.code in own]
        form = EventForm(request.POST or None, zones=zones)
        if form.is_valid():
            actor_id = request.user.pk
            assert isinstance(actor_id, UUID)
            try:
                services.declare_force_majeure(
                    zone_code=form.cleaned_data["zone"],
                    starts_at=form.instant("starts"),
                    ends_at=form.instant("ends"),
                    reason=form.cleaned_data["reason"],
                    actor_id=actor_id,
                    now=timezone.now(),
                )
            except DomainError as refusal:
                form.add_error("ends", refusal.detail)
            else:
                text = "Declared: visits missed then cost nothing, strikes for them go within the minute."
                self.message_user(request, text, messages.SUCCESS)
                return HttpResponseRedirect(reverse("admin:gamification_forcemajeure_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": "Declare an event that nobody could help",
            "form": form,
            "opts": self.opts,
        }
        return TemplateResponse(request, "gamification/declare_event.html", context)

    @admin.action(description="Withdraw: it excuses nothing more", permissions=["declare"])
    def withdraw_selected(
        self, request: HttpRequest, chosen: QuerySet[ForceMajeure]
    ) -> HttpResponse | None:
        return act_on_chosen(
            self,
            request,
            chosen,
            action="withdraw_selected",
            question="Say that these were none? What they excused stays excused.",
            act=one_by_one(services.withdraw_force_majeure, "event_id"),
        )

    has_declare_permission = Needs(DECLARE)
