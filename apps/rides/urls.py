"""The paths of the rides app under /api/."""

from django.urls import URLPattern, path

from apps.rides import views

urlpatterns: list[URLPattern] = [
    path("rides", views.RidesView.as_view(), name="rides-list"),
    path("rides/book", views.BookView.as_view(), name="rides-book"),
    path("rides/<uuid:booking_id>", views.RideView.as_view(), name="rides-get"),
    path("rides/<uuid:booking_id>/cancel", views.CancelView.as_view(), name="rides-cancel"),
    path("rides/<uuid:booking_id>/qr", views.QrView.as_view(), name="rides-qr"),
    path("user/profile", views.ProfileView.as_view(), name="rides-profile"),
    path("user/wallet", views.WalletView.as_view(), name="rides-wallet"),
]
