"""Exports at the desk: ask, watch, fetch, and what is made on a schedule."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.accounts.models import User
from apps.exports import selectors, services
from apps.exports.asking import AskForm, from_list
from apps.exports.models import Export, Schedule
from apps.exports.tasks import make_export
from apps.exports.views import LINK_LIFE_S, link
from apps.merchants import selectors as merchants
from uma.kernel.desk import Needs, ReadOnlyAdmin, act_on_chosen, link_to
from uma.kernel.errors import DomainError
from uma.kernel.queue import enqueue

WATCH_S = 2
_UNIT = 1024


def size(count: int | None) -> str:
    """Return a number of bytes as people read it."""
    if count is None:
        return "—"
    amount, units = float(count), ["bytes", "kB", "MB", "GB"]
    while amount >= _UNIT and len(units) > 1:
        amount /= _UNIT
        units.pop(0)
    return f"{amount:,.0f} {units[0]}" if units[0] == "bytes" else f"{amount:,.1f} {units[0]}"


@admin.register(Export)
class ExportAdmin(ReadOnlyAdmin[Export]):
    few = True
    zone_path = "zone_code"
    change_list_template = "exports/exports.html"
    change_form_template = "exports/export.html"
    list_display = (
        "what",
        "zone",
        "period",
        "stands",
        "rows",
        "file_size",
        "requested_at",
        "requested_by",
    )
    list_filter = ("state", "dataset", "zone_code", "requested_at")
    list_select_related = ("requested_by",)
    search_fields = ("=id",)
    ordering = ("-requested_at",)
    actions = ("cancel_selected",)
    fields = readonly_fields = ()
    has_cancel_permission = Needs(selectors.REQUEST)

    @admin.display(description="Dataset", ordering="dataset")
    def what(self, export: Export) -> str:
        return export.dataset.replace("_", " ")

    @admin.display(description="Zone", ordering="zone_code")
    def zone(self, export: Export) -> str:
        return export.zone_code or "all"

    @admin.display(description="Period (UTC)")
    def period(self, export: Export) -> str:
        return f"{_instant(export.since, 'the beginning')} to {_instant(export.until, 'then')}"

    @admin.display(description="State", ordering="state")
    def stands(self, export: Export) -> str:
        if export.state == Export.State.RUNNING:
            return f"{export.get_state_display()}: {percent(export)} %"
        return export.get_state_display()

    @admin.display(description="Rows")
    def rows(self, export: Export) -> str:
        return "—" if export.rows_total is None else f"{export.rows_total:,}"

    @admin.display(description="Size")
    def file_size(self, export: Export) -> str:
        return size(export.size_bytes)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.ask)
        return [path("ask/", view, name="exports_export_ask"), *super().get_urls()]

    def ask(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm(selectors.REQUEST):
            raise PermissionDenied
        given = request.GET.dict()
        known = selectors.CATALOGUE.get(given.get("dataset", ""))
        initial, filters = from_list(known, given) if known else ({}, {})
        form = AskForm(
            request.POST or None, person=request.user, zones=merchants.zones(), initial=initial
        )
        if form.is_valid():
            # What the list was narrowed by holds for its own dataset only.
            same = known is not None and form.cleaned_data["dataset"] == known.name
            try:
                return self._asked(request, form, filters if same else {})
            except DomainError as refusal:
                form.add_error(None, refusal.detail)
        context = {
            **self.admin_site.each_context(request),
            "title": "Take data away as a file",
            "form": form,
            "filters": filters,
            "opts": self.opts,
        }
        return TemplateResponse(request, "exports/ask.html", context)

    def _asked(self, request: HttpRequest, form: AskForm, filters: dict[str, str]) -> HttpResponse:
        assert isinstance(request.user, User)
        what = {
            "dataset": form.cleaned_data["dataset"],
            "zone_code": form.cleaned_data["zone"],
            "person": request.user,
            "now": timezone.now(),
        }
        if cadence := form.cleaned_data["again"]:
            schedule = services.start_schedule(cadence=cadence, timezone=form.clock, **what)
            self.message_user(request, f"Scheduled: {schedule}.", messages.SUCCESS)
            return HttpResponseRedirect(reverse("admin:exports_schedule_changelist"))
        since, until = form.period()
        export = services.request_export(since=since, until=until, filters=filters, **what)
        enqueue(make_export, export_id=str(export.pk))
        return HttpResponseRedirect(reverse("admin:exports_export_change", args=[export.pk]))

    # Any: Django's context.
    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        export = kwargs.get("obj")
        assert isinstance(export, Export)
        known = selectors.CATALOGUE.get(export.dataset)
        mine = known is not None and selectors.may_take(request.user, known, export.zone_code)
        there = export.state == Export.State.DONE and mine
        context |= {
            "export": export,
            "columns": known.columns if known else (),
            "percent": percent(export),
            "size": size(export.size_bytes),
            "link": request.build_absolute_uri(link(export.pk)) if there else None,
            "link_hours": LINK_LIFE_S // 3600,
        }
        response = super().render_change_form(request, context, *args, **kwargs)
        if export.state in services.OPEN:
            response["Refresh"] = str(WATCH_S)
        return response

    @admin.action(description="Cancel", permissions=["cancel"])
    def cancel_selected(
        self, request: HttpRequest, chosen: QuerySet[Export]
    ) -> HttpResponse | None:
        return act_on_chosen(
            self,
            request,
            chosen,
            action="cancel_selected",
            question="Cancel these exports?",
            act=lambda key, actor_id, answers: services.cancel_export(
                export_id=key, actor_id=actor_id, reason=answers["reason"], now=timezone.now()
            ),
        )


@admin.register(Schedule)
class ScheduleAdmin(ReadOnlyAdmin[Schedule]):
    few = True
    zone_path = "zone_code"
    list_display = (
        "dataset",
        "zone_code",
        "cadence",
        "timezone",
        "files",
        "requested_by",
        "created_at",
        "stopped_at",
    )
    list_filter = ("dataset", "cadence", ("stopped_at", admin.EmptyFieldListFilter))
    list_select_related = ("requested_by",)
    ordering = ("-created_at",)
    actions = ("stop_selected",)
    has_stop_permission = Needs("exports.stop_schedule")

    @admin.display(description="Files")
    def files(self, schedule: Schedule) -> SafeString:
        return link_to("exports_export_changelist", "Its files", schedule__id__exact=schedule.pk)

    @admin.action(description="Stop", permissions=["stop"])
    def stop_selected(
        self, request: HttpRequest, chosen: QuerySet[Schedule]
    ) -> HttpResponse | None:
        def stop(key: UUID, actor_id: UUID, answers: Any) -> None:  # Any: a form's cleaned data
            services.stop_schedule(
                schedule_id=key, actor_id=actor_id, reason=answers["reason"], now=timezone.now()
            )

        return act_on_chosen(
            self,
            request,
            chosen,
            action="stop_selected",
            question="Stop making these files?",
            act=stop,
        )


def percent(export: Export) -> int:
    """Return how much of the file is written, in whole hundredths."""
    if not export.rows_total:
        return 100 if export.state == Export.State.DONE else 0
    return export.rows_done * 100 // export.rows_total


def _instant(at: datetime | None, otherwise: str) -> SafeString | str:
    return format_html("{}", f"{at:%d %b %Y %H:%M}") if at else otherwise
