"""What cities sell, as operators see it: what was asked when, what each seller's message brought, and asking again."""

import json
from uuid import UUID

from django.contrib import admin
from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.ondc import services
from apps.ondc.models import CatalogueAnswer, CatalogueRefresh
from uma.kernel.desk import Answers, Needs, ReadOnlyAdmin, act_on_chosen

State = CatalogueAnswer.State


@admin.register(CatalogueRefresh)
class CatalogueRefreshAdmin(ReadOnlyAdmin[CatalogueRefresh]):
    zone_path = "zone_code"
    list_display = (
        "said_at", "zone_code", "sale", "kind", "verdict", "told", "changed", "gone", "sellers", "closed_at",
    )  # fmt: skip
    list_filter = ("sale", "kind", "state", "zone_code", "said_at")
    search_fields = ("=id", "=message_id")
    # What one comes for first; the bytes that were signed last.
    fields = (
        "messages", "verdict", "zone_code", "city", "sale", "kind", "since", "till", "said_at", "until",
        "closed_at", "gone_count", "asked_by", "attempts", "settled_at", "error_code", "url", "domain",
        "message_id", "id", "digest", "what_was_said",
    )  # fmt: skip
    readonly_fields = ("messages", "verdict", "what_was_said")
    actions = ("refresh_selected",)

    has_refresh_permission = Needs("ondc.refresh_catalogue")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CatalogueRefresh]:
        """Count what came of each question in the one query of the list."""
        rows = super().get_queryset(request)
        return rows.annotate(
            seller_count=Count("answers__bpp_id", distinct=True),
            waiting_count=Count("answers", filter=Q(answers__state=State.WAITING)),
            failed_count=Count("answers", filter=Q(answers__state=State.FAILED)),
            told_sum=Sum("answers__told_count"),
            changed_sum=Sum("answers__changed_count"),
        )

    @admin.display(description="State", ordering="state")
    def verdict(self, row: CatalogueRefresh) -> SafeString | str:
        """Show what brought nothing so that nobody overlooks it, and what is still on its way."""
        failed, waiting = (self._annotated(row, f"{one}_count") for one in ("failed", "waiting"))
        if row.state in {CatalogueRefresh.State.REFUSED, CatalogueRefresh.State.LOST} or failed:
            text = f"{row.state} {row.error_code}".strip()
            if failed:
                text = f"{text}, {failed} unreadable"
            return format_html('<strong class="errornote">{}</strong>', text)
        return f"{row.state}, {waiting} to be imported" if waiting else row.state

    @admin.display(description="Sellers")
    def sellers(self, row: CatalogueRefresh) -> int:
        return self._annotated(row, "seller_count")

    @admin.display(description="Gone", ordering="gone_count")
    def gone(self, row: CatalogueRefresh) -> int:
        return row.gone_count

    @admin.display(description="Told")
    def told(self, row: CatalogueRefresh) -> int:
        return self._annotated(row, "told_sum")

    @admin.display(description="News")
    def changed(self, row: CatalogueRefresh) -> int:
        return self._annotated(row, "changed_sum")

    @staticmethod
    def _annotated(row: CatalogueRefresh, name: str) -> int:
        return int(getattr(row, name, None) or 0)

    @admin.display(description="What was answered")
    def messages(self, row: CatalogueRefresh) -> SafeString:
        rows = format_html_join(
            "",
            '<tr><td><a href="{}">{}</a></td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>'
            "<td>{}</td></tr>",
            (
                (
                    reverse("admin:ondc_catalogueanswer_change", args=[one.pk]),
                    f"{one.received_at:%H:%M:%S}",
                    one.name or one.bpp_id,
                    f"{one.state} {one.error_code}".strip(),
                    one.told_count,
                    one.changed_count,
                    one.skipped_count,
                )
                for one in row.answers.order_by("received_at")[:200]
            ),
        )
        return format_html(
            "<table><thead><tr><th>UTC</th><th>Seller</th><th>State</th><th>Told</th><th>News</th>"
            "<th>Unusable</th></tr></thead><tbody>{}</tbody></table>",
            rows,
        )

    @admin.display(description="What was said")
    def what_was_said(self, row: CatalogueRefresh) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(json.loads(row.body), indent=1))

    @admin.action(description="Ask for everything again now", permissions=["refresh"])
    def refresh_selected(
        self, request: HttpRequest, chosen: QuerySet[CatalogueRefresh]
    ) -> HttpResponse | None:
        def act(refresh_id: UUID, actor_id: UUID, answers: Answers) -> None:
            services.refresh_now(
                refresh_id=refresh_id,
                actor_id=actor_id,
                reason=answers["reason"],
                voice=services.our_voice(),
                now=timezone.now(),
            )

        return act_on_chosen(
            self,
            request,
            chosen,
            action="refresh_selected",
            question="Ask every seller of these cities for everything it sells there, now?",
            act=act,
        )


@admin.register(CatalogueAnswer)
class CatalogueAnswerAdmin(ReadOnlyAdmin[CatalogueAnswer]):
    zone_path = "refresh__zone_code"
    list_display = (
        "received_at", "name", "bpp_id", "refresh", "state", "told_count", "changed_count",
        "skipped_count", "imported_at", "error_code",
    )  # fmt: skip
    list_filter = ("state", "refresh__sale", "refresh__zone_code", "received_at")
    list_select_related = ("refresh",)
    search_fields = ("=id", "=refresh__id")
