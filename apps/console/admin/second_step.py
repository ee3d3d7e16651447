"""The second step of an operator's sign-in: a code of the authenticator, or setting one up."""

from io import BytesIO
from typing import Any
from uuid import UUID

import django_otp
import qrcode
from django import forms
from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString, mark_safe
from django_otp.models import Device
from django_otp.plugins.otp_totp.models import TOTPDevice
from qrcode.image.svg import SvgPathImage

from apps.accounts import services
from uma.kernel.http import limits
from uma.kernel.http.errors import RateLimited

WRONG = (
    "That is not the code of now. Wait for the next one; after several wrong ones it takes longer."
)


class CodeForm(forms.Form):
    """Six digits, or one of the recovery codes."""

    code = forms.CharField(
        max_length=16,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "text", "autofocus": True}
        ),
    )


def passed(request: HttpRequest) -> bool:
    """Tell whether this session showed a second factor, where one is asked for."""
    if not settings.OPERATOR_TWO_FACTOR:
        return True
    verified: bool = request.user.is_verified()  # type: ignore[union-attr]  # the middleware's
    return verified


def show(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """Ask a signed-in operator for a code, or show what to set up first."""
    assert not isinstance(request.user, AnonymousUser)
    user_id: UUID = request.user.pk
    onward = _onward(request)
    if passed(request):
        return HttpResponseRedirect(onward)
    form = CodeForm(request.POST or None)
    enrolled = services.has_second_factor(user_id=user_id)
    if form.is_valid() and _may_try(request, form):
        code, now = form.cleaned_data["code"], timezone.now()
        if enrolled:
            device = services.check_second_factor(user_id=user_id, code=code, now=now)
            if device is not None:
                _let_in(request, device)
                return HttpResponseRedirect(onward)
        else:
            set_up = services.confirm_second_factor(user_id=user_id, code=code, now=now)
            if set_up is not None:
                _let_in(request, set_up[0])
                return _page(site, request, title="Keep these codes", codes=set_up[1], next=onward)
        form.add_error("code", WRONG)
    if enrolled:
        return _page(site, request, title="Second step", form=form, next=onward)
    device = services.offer_second_factor(user_id=user_id)
    return _page(
        site, request, title="Set up the second step", form=form, next=onward,
        secret=_in_fours(device), picture=_picture(device),
    )  # fmt: skip


def _let_in(request: HttpRequest, device: Device) -> None:
    # Whoever saw the session's key before the second factor has nothing by it.
    request.session.cycle_key()
    django_otp.login(request, device)


def _may_try(request: HttpRequest, form: CodeForm) -> bool:
    try:
        limits.take(request, operator_sign_in=f"second step\n{request.user.pk}")
    except RateLimited as limited:
        form.add_error("code", limited.detail)
        return False
    return True


def _onward(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if ours else reverse("admin:index")


def _in_fours(device: TOTPDevice) -> str:
    """Return the secret as it is typed into an authenticator that has no camera."""
    secret = device.config_url.split("secret=", 1)[1].split("&", 1)[0]
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


def _picture(device: TOTPDevice) -> SafeString:
    drawn = BytesIO()
    qrcode.make(device.config_url, image_factory=SvgPathImage, border=2).save(drawn)
    svg = drawn.getvalue().decode()
    return mark_safe(svg[svg.index("<svg") :])  # noqa: S308 — drawn here, nothing of anybody's in it


# Any: a template's values.
def _page(site: AdminSite, request: HttpRequest, **context: Any) -> TemplateResponse:
    # Without the console's lists: this session may not see them yet.
    return TemplateResponse(
        request,
        "console/second_step.html",
        {
            "site_header": site.site_header,
            "site_title": site.site_title,
            "is_nav_sidebar_enabled": False,
            **context,
        },
    )
