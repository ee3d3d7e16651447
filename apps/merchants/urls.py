"""The paths of the merchants app under /api/."""

from django.urls import path

from apps.merchants import views

_OUTLET = "merchant/outlets/<uuid:outlet_id>"
_WEBHOOK = "merchant/webhooks/<uuid:endpoint_id>"
_REVIEWED = "operator/merchants/<uuid:merchant_id>"

urlpatterns = [
    path("merchant/profile", views.ProfileView.as_view(), name="merchants-profile"),
    path("merchant/api-keys", views.ApiKeysView.as_view(), name="merchants-api-keys"),
    path("merchant/api-keys/<uuid:key_id>", views.ApiKeyView.as_view(), name="merchants-api-key"),
    path(
        "merchant/api-keys/<uuid:key_id>/rotate",
        views.RotateApiKeyView.as_view(),
        name="merchants-api-key-rotate",
    ),
    path("merchant/webhooks", views.WebhooksView.as_view(), name="merchants-webhooks"),
    path(_WEBHOOK, views.WebhookView.as_view(), name="merchants-webhook"),
    path(f"{_WEBHOOK}/rotate", views.RotateWebhookView.as_view(), name="merchants-webhook-rotate"),
    path(
        f"{_WEBHOOK}/deliveries",
        views.WebhookDeliveriesView.as_view(),
        name="merchants-webhook-deliveries",
    ),
    path(f"{_WEBHOOK}/replay", views.ReplayWebhooksView.as_view(), name="merchants-webhook-replay"),
    path("plans", views.PlansView.as_view(), name="merchants-plans"),
    path("merchant/plan", views.MerchantPlanView.as_view(), name="merchants-plan"),
    path("merchant/plan/undo", views.UndoPlanView.as_view(), name="merchants-plan-undo"),
    path("merchant/plan/charges", views.PaidMonthsView.as_view(), name="merchants-plan-charges"),
    path("merchant/application", views.ApplicationView.as_view(), name="merchants-application"),
    path("merchant/outlets", views.OutletsView.as_view(), name="merchants-outlets"),
    path(_OUTLET, views.OutletView.as_view(), name="merchants-outlet"),
    path(f"{_OUTLET}/open", views.OpenOutletView.as_view(), name="merchants-outlet-open"),
    path(f"{_OUTLET}/pause", views.PauseOutletView.as_view(), name="merchants-outlet-pause"),
    path(f"{_OUTLET}/close", views.CloseOutletView.as_view(), name="merchants-outlet-close"),
    path("merchant/staff", views.StaffListView.as_view(), name="merchants-staff"),
    path(
        "merchant/staff/<uuid:staff_id>", views.StaffView.as_view(), name="merchants-staff-detail"
    ),
    path("merchant/invitations", views.InvitationsView.as_view(), name="merchants-invitations"),
    path(
        "merchant/invitations/<uuid:invitation_id>",
        views.InvitationView.as_view(),
        name="merchants-invitation",
    ),
    path("user/invitations", views.OffersView.as_view(), name="merchants-offers"),
    path(
        "user/invitations/<uuid:invitation_id>/accept",
        views.AcceptOfferView.as_view(),
        name="merchants-offer-accept",
    ),
    path(
        "user/invitations/<uuid:invitation_id>/decline",
        views.DeclineOfferView.as_view(),
        name="merchants-offer-decline",
    ),
    path("operator/merchants", views.ReviewedMerchantsView.as_view(), name="merchants-reviewed"),
    path(_REVIEWED, views.ReviewedMerchantView.as_view(), name="merchants-reviewed-detail"),
    path(f"{_REVIEWED}/approve", views.ApproveMerchantView.as_view(), name="merchants-approve"),
    path(
        f"{_REVIEWED}/send-back", views.SendBackMerchantView.as_view(), name="merchants-send-back"
    ),
    path(f"{_REVIEWED}/reject", views.RejectMerchantView.as_view(), name="merchants-reject"),
]
