"""Missions and who is on them, orders that prove a step, names on the leaderboard: to read."""

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from apps.gamification.admin.known import lines
from apps.gamification.models import LeaderboardName, Mission, MissionRun, ProvenOrder
from uma.kernel.desk import ReadOnlyAdmin, link_to
from uma.kernel.desk_amounts import amount


@admin.register(Mission)
class MissionAdmin(ReadOnlyAdmin[Mission]):
    few = True
    zone_path = "zone_code"
    list_display = ("night", "zone_code", "kind", "title", "reward", "riders", "expired_at")
    list_filter = ("kind", "zone_code", ("expired_at", admin.EmptyFieldListFilter), "night")
    search_fields = ("=id",)
    ordering = ("-night", "-score")
    fields = (
        "title", "description", "why", "steps", "reward", "riders", "worth", "kind", "zone_code", "night",
        "starts_at", "ends_at", "expired_at", "created_at", "id",
    )  # fmt: skip
    readonly_fields = ("title", "description", "why", "steps", "reward", "riders", "worth")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Mission]:
        """Count those who are on it and those who are done, in the one query of the list."""
        rows = super().get_queryset(request)
        return rows.annotate(
            joined=Count("runs", filter=Q(runs__state=MissionRun.State.JOINED)),
            completed=Count("runs", filter=Q(runs__state=MissionRun.State.COMPLETED)),
        )

    @admin.display(description="Title")
    def title(self, row: Mission) -> str:
        return str(row.content["title"])

    @admin.display(description="Description")
    def description(self, row: Mission) -> str:
        return str(row.content["description"])

    @admin.display(description="Why this mission")
    def why(self, row: Mission) -> str:
        return str(row.content["why"])

    @admin.display(description="Steps")
    def steps(self, row: Mission) -> SafeString | str:
        ordered = row.content["ordered"]
        return lines(
            f"{f'{place}. ' if ordered else ''}{step['kind'].capitalize()}: {step['title']}"
            for place, step in enumerate(row.content["steps"], start=1)
        )

    @admin.display(description="Reward", ordering="reward_paise")
    def reward(self, row: Mission) -> str:
        return amount(row.reward_paise)

    @admin.display(description="Riders")
    def riders(self, row: Mission) -> SafeString | str:
        # Annotated by `get_queryset`.
        counts = ((vars(row)["joined"], "on it"), (vars(row)["completed"], "done"))
        told = [f"{count} {word}" for count, word in counts if count]
        if not told:
            return "—"
        return link_to("gamification_missionrun_changelist", ", ".join(told), q=row.pk)

    @admin.display(description="Scored by")
    def worth(self, row: Mission) -> str:
        features = row.content.get("features", {})
        if not features:
            return str(row.score)
        return (
            f"{row.score}: worth {amount(features['value_paise'])}"
            f", new here {features['novelty_permille'] / 10:g} %"
            f", left of the budgets {features['left_permille'] / 10:g} %"
        )


@admin.register(MissionRun)
class MissionRunAdmin(ReadOnlyAdmin[MissionRun]):
    zone_path = "zone_code"
    trail_keys = ("pk", "mission_id")
    list_display = ("joined_at", "state", "zone_code", "mission", "rider_id", "ended_at")
    list_filter = ("state", "zone_code", "joined_at")
    list_select_related = ("mission",)
    search_fields = ("=id", "=rider_id", "=mission__id")


@admin.register(ProvenOrder)
class ProvenOrderAdmin(ReadOnlyAdmin[ProvenOrder]):
    zone_path = "zone_code"
    list_display = ("at", "kind", "zone_code", "category", "provider", "source", "undone_at")
    list_filter = ("kind", "zone_code", "at")
    search_fields = ("=source", "=rider_id")


@admin.register(LeaderboardName)
class LeaderboardNameAdmin(ReadOnlyAdmin[LeaderboardName]):
    zone_path = "zone_code"
    trail_keys = ("rider_id",)
    list_display = ("pseudonym", "zone_code", "rider_id", "joined_at")
    list_filter = ("zone_code",)
    search_fields = ("=pseudonym", "=rider_id")
