"""Every URL prefix on one screen."""

from django.contrib import admin
from django.urls import include, path, re_path

from uma.kernel.http.views import UnknownPathView

admin.site.site_header = admin.site.site_title = "UMA console"
admin.site.index_title = "What happens on the platform"

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("uma.kernel.http.urls")),
    path("api/", include("apps.accounts.urls")),
    path("api/", include("apps.notifications.urls")),
    path("api/", include("apps.merchants.urls")),
    path("api/", include("apps.campaigns.urls")),
    path("api/", include("apps.rides.urls")),
    path("api/", include("apps.handshake.urls")),
    # Last: an unknown path under the API is a problem document in every mode.
    re_path(r"^api(/.*)?$", UnknownPathView.as_view(), name="unknown-path"),
]

handler400 = "uma.kernel.http.last_resort.bad_request"
handler403 = "uma.kernel.http.last_resort.forbidden"
handler404 = "uma.kernel.http.last_resort.not_found"
handler500 = "uma.kernel.http.last_resort.server_error"
