"""The paths of the notifications app under /api/."""

from django.urls import path

from apps.notifications import views

urlpatterns = [
    path("user/devices", views.DevicesView.as_view(), name="notifications-devices"),
    path("user/devices/<uuid:device_id>", views.DeviceView.as_view(), name="notifications-device"),
]
