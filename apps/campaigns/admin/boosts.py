"""Boosts and their slots as operators see them, and stopping one."""

from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString

from apps.campaigns import services
from apps.campaigns.models import Boost, BoostSlot, BoostTile
from uma.kernel.desk import Answers, Needs, ReadOnlyAdmin, act_on_chosen, link_to
from uma.kernel.desk_amounts import amount


@admin.register(Boost)
class BoostAdmin(ReadOnlyAdmin[Boost]):
    few = True
    zone_path = "campaign__zone_id"
    trail_keys = ("campaign_id",)
    list_display = (
        "campaign", "state", "starts_at", "ends_at", "tiles", "price", "total", "unused_days",
        "returned", "stopped_because", "journal",
    )  # fmt: skip
    list_filter = ("state", "stopped_because", "starts_at")
    list_select_related = ("campaign",)
    search_fields = ("campaign__title", "=campaign__id", "=campaign__merchant__id", "=id")
    ordering = ("-starts_at",)
    exclude = ("request_key", "request_fingerprint")
    actions = ("stop_selected",)

    @admin.display(description="Before GST", ordering="price_paise")
    def price(self, boost: Boost) -> str:
        return amount(boost.price_paise)

    @admin.display(description="Paid")
    def total(self, boost: Boost) -> str:
        return amount(boost.total_paise)

    @admin.display(description="Returned")
    def returned(self, boost: Boost) -> str:
        return amount(boost.refund_total_paise)

    @admin.display(description="In the ledger")
    def journal(self, boost: Boost) -> SafeString:
        return link_to("wallet_journal_changelist", "its posting", id__exact=boost.journal_id)

    has_stop_permission = Needs("campaigns.stop_boost")

    @admin.action(description="Stop and return what is not used", permissions=["stop"])
    def stop_selected(self, request: HttpRequest, chosen: QuerySet[Boost]) -> HttpResponse | None:
        campaigns = dict(chosen.values_list("pk", "campaign_id"))

        def act(boost_id: UUID, actor_id: UUID, answers: Answers) -> None:
            services.stop_boost(
                campaign_id=campaigns[boost_id],
                merchant_id=None,
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )

        return act_on_chosen(
            self,
            request,
            chosen,
            action="stop_selected",
            question="Stop these boosts and return the price of the whole days that are left?",
            act=act,
        )


@admin.register(BoostSlot)
class BoostSlotAdmin(ReadOnlyAdmin[BoostSlot]):
    few = True
    zone_path = "zone_code"
    trail_keys = ("boost_id",)
    list_display = ("zone_code", "tile", "number", "slots_limit", "boost", "ends_at", "released_at")
    list_filter = ("zone_code", "released_at")
    list_select_related = ("boost",)
    search_fields = ("tile", "=boost__campaign__id")


@admin.register(BoostTile)
class BoostTileAdmin(ReadOnlyAdmin[BoostTile]):
    few = True
    zone_path = "zone_code"
    list_display = ("zone_code", "tile")
    list_filter = ("zone_code",)
    search_fields = ("tile",)
