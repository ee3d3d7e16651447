"""The paths of gamification under /api/."""

from django.urls import URLPattern, path

from apps.gamification import views

urlpatterns: list[URLPattern] = [
    path("badges", views.BadgesView.as_view(), name="gamification-badges"),
    path("badges/revocations", views.RevocationsView.as_view(), name="gamification-revocations"),
    path(
        "badges/awards/<uuid:award_id>/credential",
        views.CredentialView.as_view(),
        name="gamification-credential",
    ),
    path("missions", views.MissionsView.as_view(), name="gamification-missions"),
    path("missions/<uuid:mission_id>", views.MissionView.as_view(), name="gamification-mission"),
    path("missions/<uuid:mission_id>/join", views.JoinView.as_view(), name="gamification-join"),
    path(
        "missions/<uuid:mission_id>/abandon",
        views.AbandonView.as_view(),
        name="gamification-abandon",
    ),
    path("leaderboard", views.LeaderboardView.as_view(), name="gamification-leaderboard"),
    path("user/streak", views.StreakView.as_view(), name="gamification-streak"),
    path("user/strikes", views.StrikesView.as_view(), name="gamification-strikes"),
    path("user/appeals", views.AppealsView.as_view(), name="gamification-appeals"),
    path("operator/appeals", views.AppealQueueView.as_view(), name="gamification-appeal-queue"),
    path(
        "operator/appeals/<uuid:appeal_id>/uphold",
        views.DecideAppealView.as_view(),
        name="gamification-appeal-uphold",
    ),
    path(
        "operator/appeals/<uuid:appeal_id>/reject",
        views.DecideAppealView.as_view(for_rider=False),
        name="gamification-appeal-reject",
    ),
    path(
        "operator/force-majeure",
        views.ForceMajeureView.as_view(),
        name="gamification-force-majeure",
    ),
]
