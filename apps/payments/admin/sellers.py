"""Who sells in a zone: what documents there say of the platform, named here from an instant on."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html

from apps.merchants import selectors as merchants
from apps.merchants.models import Zone
from apps.payments import selectors, services
from apps.payments.models import Seller
from apps.payments.services.sellers import ADVERTISING_SAC, SUBSCRIPTION_SAC
from uma.kernel.desk import ReadOnlyAdmin, ReasonForm, zones_with
from uma.kernel.errors import DomainError

NAME = "payments.add_seller"
# What a successor usually keeps of whoever sells there now.
_KEPT = ("legal_name", "address", "gstin", "series", "advertising_sac", "subscription_sac")


class SellerForm(ReasonForm):
    """What a document says of the platform; the service knows what the law makes of it."""

    zone = forms.ChoiceField()
    legal_name = forms.CharField(label="Name of the company", max_length=160)
    address = forms.CharField(
        label="Address, in one line",
        max_length=240,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
    gstin = forms.CharField(
        label="GSTIN", max_length=15, help_text="Of the state where the platform is registered."
    )
    series = forms.CharField(
        label="Documents' numbers begin with",
        max_length=4,
        help_text="Two to four capital letters and digits: BLR. Zones of one GSTIN may share it.",
    )
    advertising_sac = forms.CharField(
        label="SAC of visits and boosts", max_length=6, initial=ADVERTISING_SAC
    )
    subscription_sac = forms.CharField(label="SAC of plans", max_length=6, initial=SUBSCRIPTION_SAC)
    effective_from = forms.DateTimeField(
        label="Sells from (UTC)", required=False, help_text="Left empty: from now on."
    )
    field_order = ["zone", *_KEPT, "effective_from", "reason"]

    def __init__(self, *args: Any, zones: Iterable[Zone], **kwargs: Any) -> None:  # Any: Django's
        super().__init__(*args, **kwargs)
        field = self.fields["zone"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(zone.code, f"{zone.name} ({zone.code})") for zone in zones]


@admin.register(Seller)
class SellerAdmin(ReadOnlyAdmin[Seller]):
    few = True
    zone_path = "zone_id"
    change_list_template = "payments/sellers.html"
    list_display = ("zone", "effective_from", "legal_name", "gstin", "series")
    list_filter = ("zone",)
    ordering = ("zone", "-effective_from")
    # Acts on a zone's seller are in the trail under the zone.
    trail_keys = ("zone_id",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.name_seller)
        return [path("name/", view, name="payments_seller_name"), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, str] | None = None
    ) -> HttpResponse:
        """Say first in which zones nobody sells: there the months stay without invoices."""
        seen, allowed = zones_with(request, self._viewing()), zones_with(request, NAME)
        for zone in selectors.zones_without_seller(at=timezone.now()):
            if seen is not None and zone.code not in seen:
                continue
            told = "Nobody is named as the seller in {}, so no invoice is issued there."
            if allowed is None or zone.code in allowed:
                told += ' <a href="{}?zone={}">Name who sells there</a>'
            page = reverse("admin:payments_seller_name")
            text = format_html(told, zone.name, page, zone.code)
            self.message_user(request, text, messages.WARNING)
        return super().changelist_view(request, extra_context)

    def name_seller(self, request: HttpRequest) -> HttpResponse:
        """Name who sells in a zone where the operator may say that."""
        allowed = zones_with(request, NAME)
        zones = [one for one in merchants.zones() if allowed is None or one.code in allowed]
        if not zones or not request.user.has_perm(NAME):
            raise PermissionDenied
        form = SellerForm(request.POST or None, zones=zones, initial=_known(request, zones))
        if form.is_valid():
            actor_id = request.user.pk
            assert isinstance(actor_id, UUID)
            now, answers = timezone.now(), dict(form.cleaned_data)
            answers["zone_code"] = answers.pop("zone")
            answers["effective_from"] = answers["effective_from"] or now
            try:
                made = services.set_seller(**answers, actor_id=actor_id, now=now)
            except DomainError as refusal:
                form.add_error(None, refusal.detail)
            else:
                self.message_user(request, f"{made}, from then on.", messages.SUCCESS)
                page = reverse("admin:payments_seller_change", args=[made.pk])
                return HttpResponseRedirect(page)
        context = {
            **self.admin_site.each_context(request),
            "title": "Name who sells in a zone",
            "form": form,
            "opts": self.opts,
        }
        return TemplateResponse(request, "payments/name_seller.html", context)


def _known(request: HttpRequest, zones: list[Zone]) -> dict[str, str]:
    """Return the zone that was asked about, with what is known of its seller."""
    wished = request.GET.get("zone", "")
    if wished not in {zone.code for zone in zones}:
        return {}
    rows = Seller.objects.filter(zone_id=wished, effective_from__lte=timezone.now())
    now = rows.order_by("-effective_from").values(*_KEPT).first()
    return {"zone": wished, **(now or {})}
