"""A merchant's own account over HTTP."""

from apps.merchants.views.applications import ApplicationView
from apps.merchants.views.inviting import (
    AcceptOfferView,
    DeclineOfferView,
    InvitationsView,
    InvitationView,
    OffersView,
)
from apps.merchants.views.keys import ApiKeysView, ApiKeyView, RotateApiKeyView
from apps.merchants.views.outlets import (
    CloseOutletView,
    OpenOutletView,
    OutletsView,
    OutletView,
    PauseOutletView,
)
from apps.merchants.views.plans import (
    MerchantPlanView,
    PaidMonthsView,
    PlansView,
    UndoPlanView,
)
from apps.merchants.views.profile import ProfileView
from apps.merchants.views.review import (
    ApproveMerchantView,
    RejectMerchantView,
    ReviewedMerchantsView,
    ReviewedMerchantView,
    SendBackMerchantView,
)
from apps.merchants.views.staff import StaffListView, StaffView
from apps.merchants.views.webhooks import (
    ReplayWebhooksView,
    RotateWebhookView,
    WebhookDeliveriesView,
    WebhooksView,
    WebhookView,
)

__all__ = [
    "AcceptOfferView",
    "ApiKeyView",
    "ApiKeysView",
    "ApplicationView",
    "ApproveMerchantView",
    "CloseOutletView",
    "DeclineOfferView",
    "InvitationView",
    "InvitationsView",
    "MerchantPlanView",
    "OffersView",
    "OpenOutletView",
    "OutletView",
    "OutletsView",
    "PaidMonthsView",
    "PauseOutletView",
    "PlansView",
    "ProfileView",
    "RejectMerchantView",
    "ReplayWebhooksView",
    "ReviewedMerchantView",
    "ReviewedMerchantsView",
    "RotateApiKeyView",
    "RotateWebhookView",
    "SendBackMerchantView",
    "StaffListView",
    "StaffView",
    "UndoPlanView",
    "WebhookDeliveriesView",
    "WebhookView",
    "WebhooksView",
]
