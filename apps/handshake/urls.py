"""The paths of the handshake under /api/."""

from django.urls import path

from apps.handshake import views

urlpatterns = [
    path("handshake/execute", views.ExecuteView.as_view(), name="handshake-execute"),
    path("handshake/preview", views.PreviewView.as_view(), name="handshake-preview"),
    path("handshake/check-in", views.CheckInView.as_view(), name="handshake-check-in"),
    path("user/check-in-code", views.CardView.as_view(), name="handshake-card"),
    path("handshake/<uuid:handshake_id>", views.HandshakeView.as_view(), name="handshake-detail"),
    path(
        "handshake/<uuid:handshake_id>/reverse",
        views.ReverseView.as_view(),
        name="handshake-reverse",
    ),
    path(
        "handshake/<uuid:handshake_id>/dispute",
        views.DisputeView.as_view(),
        name="handshake-dispute",
    ),
    path("transactions", views.TransactionsView.as_view(), name="handshake-transactions"),
]
