"""The paths of the campaigns app under /api/."""

from django.urls import path

from apps.campaigns import views

urlpatterns = [
    path("campaigns", views.CampaignsView.as_view(), name="campaigns-list"),
    path("campaigns/<uuid:campaign_id>", views.CampaignView.as_view(), name="campaigns-detail"),
    path(
        "campaigns/<uuid:campaign_id>/submit", views.SubmitView.as_view(), name="campaigns-submit"
    ),
    path(
        "campaigns/<uuid:campaign_id>/approve",
        views.ApproveView.as_view(),
        name="campaigns-approve",
    ),
    path(
        "campaigns/<uuid:campaign_id>/reject", views.RejectView.as_view(), name="campaigns-reject"
    ),
    path("campaigns/<uuid:campaign_id>/pause", views.PauseView.as_view(), name="campaigns-pause"),
    path(
        "campaigns/<uuid:campaign_id>/resume", views.ResumeView.as_view(), name="campaigns-resume"
    ),
    path("campaigns/<uuid:campaign_id>/end", views.EndView.as_view(), name="campaigns-end"),
    path("campaigns/<uuid:campaign_id>/clone", views.CloneView.as_view(), name="campaigns-clone"),
    path("campaigns/<uuid:campaign_id>/boost", views.BoostView.as_view(), name="campaigns-boost"),
    path(
        "campaigns/<uuid:campaign_id>/exposure",
        views.ExposureView.as_view(),
        name="campaigns-exposure",
    ),
]
