"""Every URL prefix on one screen."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from apps.accounts.urls import browser, rider_browser
from apps.payments.urls import webhooks
from uma.kernel.http.operators import OperatorSignIn
from uma.kernel.http.views import UnknownPathView

admin.site.site_header = admin.site.site_title = "UMA console"
admin.site.login_form = OperatorSignIn
admin.site.index_title = "What happens on the platform"

urlpatterns = [
    # First, because paths are tried in turn: behind all others, finding it was a sixth of a scan and
    # a tenth of a callback.
    path("api/", include("apps.handshake.urls")),
    path("", include("apps.ondc.callback_urls")),
    path("admin/", admin.site.urls),
    path("", include("uma.kernel.http.urls")),
    path("api/", include("apps.accounts.urls")),
    path("api/", include("apps.notifications.urls")),
    path("api/", include("apps.merchants.urls")),
    path("api/", include("apps.payments.urls")),
    path("webhooks/", include(webhooks)),
    path("api/", include("apps.campaigns.urls")),
    path("api/", include("apps.rides.urls")),
    path("api/", include("apps.ondc.urls")),
    path("api/", include("apps.analytics.urls")),
    path("api/", include("apps.exports.urls")),
    path("api/", include("apps.gamification.urls")),
    path("business/", include("apps.business.urls")),
    path("business/", include(browser)),
    path("app/", include("apps.rider.urls")),
    path("app/", include(rider_browser)),
    # Whoever only knows the name of the house is looking for deals.
    path("", RedirectView.as_view(pattern_name="rider-home"), name="front-door"),
    # Last: an unknown path under the API is a problem document in every mode.
    re_path(r"^api(/.*)?$", UnknownPathView.as_view(), name="unknown-path"),
]

handler400 = "uma.kernel.http.last_resort.bad_request"
handler403 = "uma.kernel.http.last_resort.forbidden"
handler404 = "uma.kernel.http.last_resort.not_found"
handler500 = "uma.kernel.http.last_resort.server_error"
