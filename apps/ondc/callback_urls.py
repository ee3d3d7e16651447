"""Where other participants and the registry reach us; these speak Beckn, not the API's problems."""

from django.urls import path

from apps.ondc.views import callbacks

urlpatterns = [
    path("api/ondc/on_subscribe", callbacks.subscribed, name="ondc-network-subscribe"),
    path("api/ondc/recon", callbacks.reconcile, name="ondc-network-recon"),
    path("api/ondc/on_<slug:name>", callbacks.callback, name="ondc-network-callback"),
    path(
        "ondc-site-verification.html", callbacks.site_verification, name="ondc-network-verification"
    ),
]
