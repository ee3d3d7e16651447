"""Who works for a merchant, and who was there, as operators see them."""

from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.merchants import services
from apps.merchants.models import FirstVisit, Merchant, Staff
from uma.kernel.desk import Answers, Needs, ReadOnlyAdmin, act_on_chosen, readable


@admin.register(Staff)
class StaffAdmin(ReadOnlyAdmin[Staff]):
    few = True
    zone_path = "merchant__zone_id"
    list_display = ["user", "name", "merchant", "role", "is_active", "created_at"]
    list_filter = ["role", "is_active"]
    list_select_related = ["user", "merchant"]
    search_fields = ["user__username", "merchant__brand", "=id"]
    actions = ["dismiss_selected"]

    has_status_permission = Needs("merchants.change_merchant_status")

    @admin.display(description="Name")
    def name(self, staff: Staff) -> str:
        return readable(lambda: staff.user.display_name)

    @admin.action(description="Dismiss: no scan and no change is theirs", permissions=["status"])
    def dismiss_selected(
        self, request: HttpRequest, chosen: QuerySet[Staff]
    ) -> HttpResponse | None:
        def act(staff_id: UUID, actor_id: UUID, answers: Answers) -> None:
            services.dismiss_staff(
                staff_id=staff_id,
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )

        return act_on_chosen(
            self,
            request,
            chosen,
            action="dismiss_selected",
            question="End the posts of these people?",
            act=act,
        )


@admin.register(FirstVisit)
class FirstVisitAdmin(ReadOnlyAdmin[FirstVisit]):
    list_display = ["at", "merchant_id", "person_id", "booking_id"]
    search_fields = ["=merchant_id"]

    def has_view_permission(self, request: HttpRequest, obj: FirstVisit | None = None) -> bool:
        # A plain column leads to the merchant, so no path can be named; `within` goes it.
        return admin.ModelAdmin.has_view_permission(self, request, obj)

    def within(
        self, rows: QuerySet[FirstVisit], zones: frozenset[str] | None
    ) -> QuerySet[FirstVisit]:
        if zones is None:
            return rows
        there = Merchant.objects.filter(zone_id__in=zones)
        return rows.filter(merchant_id__in=there.values("pk"))
