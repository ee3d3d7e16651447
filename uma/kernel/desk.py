"""The operators' desk: rows to read, and acts that ask before a service is called."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from uma.kernel.errors import DomainError
from uma.kernel.money import rupees

M = TypeVar("M", bound=Model)
# What a form asked for: its cleaned data. Any: fields of many types.
Answers = Mapping[str, Any]


class ReasonForm(forms.Form):
    """Why an operator acts; it goes into the audit trail."""

    reason = forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


class ReadOnlyAdmin(admin.ModelAdmin[M]):
    """Rows that only services write: no form adds, changes or deletes one."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 — Django's signature
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:  # noqa: ARG002
        return False


def act_on_chosen(
    site: admin.ModelAdmin[M],
    request: HttpRequest,
    chosen: QuerySet[M],
    *,
    action: str,
    question: str,
    act: Callable[[Any, UUID, Answers], None],  # Any: the row's key, a UUID or a code
    form_class: type[forms.Form] = ReasonForm,
    describe: Callable[[M], SafeString | str] = str,
) -> HttpResponse | None:
    """
    Ask what the act needs on a confirmation page, then call the service once for each chosen row.

    A refusal of one row is reported and does not stop the others.
    """
    form = form_class(request.POST if "confirmed" in request.POST else None)
    if not form.is_valid():
        context = {
            **site.admin_site.each_context(request),
            "title": question,
            "chosen": [(row.pk, describe(row)) for row in chosen],
            "form": form,
            "action": action,
            "opts": site.model._meta,  # noqa: SLF001 — Django's documented way to a model's options
        }
        return TemplateResponse(request, "kernel/act_on_chosen.html", context)
    actor_id = request.user.pk
    assert isinstance(actor_id, UUID)
    for key in chosen.order_by("pk").values_list("pk", flat=True):
        try:
            act(key, actor_id, form.cleaned_data)
        except DomainError as refusal:
            site.message_user(request, f"{key}: {refusal.detail}", messages.ERROR)
        else:
            site.message_user(request, f"{key}: done", messages.SUCCESS)
    return None


def amount(paise: int | None) -> str:
    """Return an amount as operators read it."""
    return "—" if paise is None else f"₹{rupees(paise):,.2f}"


def link_to(view: str, text: object, **query: object) -> SafeString:
    """Return a link to one of the desk's lists, narrowed by `query`."""
    address = f"{reverse(f'admin:{view}')}?{urlencode(query)}"
    return format_html('<a href="{}">{}</a>', address, text)


def beside(links: Iterable[SafeString]) -> SafeString:
    """Return several links on one line."""
    return format_html_join(" · ", "{}", ((link,) for link in links))


def trail_of(object_id: object) -> SafeString:
    """Return a link to everything that was done to an object."""
    return link_to("accounts_auditevent_changelist", "What was done", q=object_id)
