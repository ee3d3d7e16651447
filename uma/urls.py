"""Every URL prefix on one screen."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("uma.kernel.http.urls")),
    path("api/", include("apps.accounts.urls")),
    path("api/", include("apps.merchants.urls")),
    path("api/", include("apps.campaigns.urls")),
    path("api/", include("apps.rides.urls")),
    path("api/", include("apps.handshake.urls")),
]
