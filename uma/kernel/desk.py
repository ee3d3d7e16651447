"""The operators' desk: rows to read, and acts that ask before a service is called."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Generic, Protocol, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from unfold.admin import ModelAdmin

from uma.kernel.crypto.errors import SealedValueUnreadable
from uma.kernel.desk_amounts import amount, read_back, with_amounts
from uma.kernel.desk_lists import IndexedLists
from uma.kernel.errors import DomainError

M = TypeVar("M", bound=Model)
# What a form asked for: its cleaned data. Any: fields of many types.
Answers = Mapping[str, Any]


class ReasonForm(forms.Form):
    """Why an operator acts; it goes into the audit trail."""

    reason = forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


# Of how many rows an operator's one act may be: more than anybody reads through is a slip of the hand.
MOST_AT_ONCE = 20
# Rows that lie in no zone and are no secret of any: a chart of accounts, the roles of a table.
EVERYWHERE = "*"


@dataclass(frozen=True, slots=True)
class Needs:
    """The `has_…_permission` of an act, which also says where the act reaches."""

    permission: str

    def __call__(self, request: HttpRequest) -> bool:
        return request.user.has_perm(self.permission)


# From a permission to the zones where it is held; None means everywhere.
_Reach = Callable[[str], frozenset[str] | None]
_REACH = "operators_reach"


@lru_cache(maxsize=1)
def _reader_of_zones() -> Callable[[object], _Reach]:
    found: Callable[[object], _Reach] = import_string(settings.OPERATOR_ZONES)
    return found


class _ReadsTrail(Protocol):
    """The trail's selector: the kernel shows its rows and knows nothing else of them."""

    def __call__(self, *, object_ids: Sequence[str]) -> Sequence[object]: ...


@lru_cache(maxsize=1)
def _reader_of_the_trail() -> _ReadsTrail:
    found: _ReadsTrail = import_string(settings.TRAIL)
    return found


def zones_with(request: HttpRequest, permission: str) -> frozenset[str] | None:
    """Return the zones in which the operator has the permission; None means everywhere."""
    # Every page asks this for every kind of row: read once a request.
    kept = vars(request)
    if _REACH not in kept:
        kept[_REACH] = _reader_of_zones()(request.user)
    reach: _Reach = kept[_REACH]
    return reach(permission)


@lru_cache(maxsize=1)
def _offer_of_exports() -> Callable[[object, str, dict[str, str]], str | None]:
    found: Callable[[object, str, dict[str, str]], str | None] = import_string(settings.EXPORTS)
    return found


class ReadOnlyAdmin(IndexedLists[M], ModelAdmin[M]):
    """
    Rows that only services write, and of which an operator sees those of the operator's own zones.

    `zone_path` says where a row keeps its zone's code. Left out, the rows lie across the zones and
    only who sees every zone sees them.
    """

    change_form_template = "kernel/change_form.html"
    change_list_template = "kernel/change_list.html"
    zone_path: ClassVar[str | None] = None
    # Acts that the page of a row offers as well as its list.
    page_acts: ClassVar[tuple[str, ...]] = ()
    # Whose acts the page of a row shows: attributes of the row that hold an object's key.
    trail_keys: ClassVar[tuple[str, ...]] = ("pk",)

    @property
    def request(self) -> HttpRequest:
        """
        Nothing: the theme keeps the request of a list on the desk, which all threads share.

        It would read there whatever came last; a request is an argument.
        """
        raise AttributeError

    @request.setter
    def request(self, _: HttpRequest) -> None:
        pass

    def trail_ids(self, row: M) -> list[str]:
        """Return the keys under which acts on the row are found in the trail."""
        found = (getattr(row, name) for name in self.trail_keys)
        return [str(key) for key in found if key is not None]

    # Any: Django's context.
    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show on the page of a row what was done to it, by whom, why and from where."""
        row = kwargs.get("obj")
        if row is not None:
            ids = self.trail_ids(row)
            offered = self.get_actions(request) if self.page_acts else {}
            context["page_acts"] = [offered[name] for name in self.page_acts if name in offered]
            context["trail"] = _reader_of_the_trail()(object_ids=ids)
            if request.user.has_perm("accounts.view_auditevent"):
                query = urlencode({"q": ids[0]})
                context["whole_trail"] = (
                    f"{reverse('admin:accounts_auditevent_changelist')}?{query}"
                )
        return super().render_change_form(request, context, *args, **kwargs)

    # Any: Django's context.
    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Offer what the list shows as a file, where its rows are a dataset."""
        offered = _offer_of_exports()(request.user, self.opts.label_lower, request.GET.dict())
        title = capfirst(self.opts.verbose_name_plural)
        shown = {"title": title, "take_away": offered, **(extra_context or {})}
        return super().changelist_view(request, shown)

    # Any: Django's fieldsets.
    def get_fieldsets(self, request: HttpRequest, obj: M | None = None) -> Any:
        """Show amounts on the page of a row as operators read them, whatever unit the column has."""
        return [
            (title, {**options, "fields": with_amounts(self.model, options["fields"])})
            for title, options in super().get_fieldsets(request, obj)
        ]

    def within(self, rows: QuerySet[M], zones: frozenset[str] | None) -> QuerySet[M]:
        """Return those of the rows that lie in the zones."""
        if zones is None or self.zone_path == EVERYWHERE:
            return rows
        if self.zone_path is None:
            return rows.none()
        return rows.filter(**{f"{self.zone_path}__in": zones})

    def _viewing(self) -> str:
        return f"{self.opts.app_label}.view_{self.opts.model_name}"

    def zones_shown(self, request: HttpRequest) -> frozenset[str] | None:
        return zones_with(request, self._viewing())

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        """Leave rows of other zones out, for lists, pages and acts alike: there they are missing."""
        return self.within(super().get_queryset(request), self.zones_shown(request))

    def has_view_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        if not super().has_view_permission(request, obj):
            return False
        return self.zone_path is not None or zones_with(request, self._viewing()) is None

    def _get_obj_does_not_exist_redirect(self, *_: object) -> HttpResponse:
        """Answer 404 for a row that is missing, or lies where the operator may not look."""
        raise Http404

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 — Django's signature
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:  # noqa: ARG002
        return False


def permission_of(site: admin.ModelAdmin[Any], action: str) -> str:  # Any: of whatever model
    """Return the permission that an act of the desk needs."""
    (name,) = getattr(site, action).allowed_permissions
    needed: Needs = getattr(site, f"has_{name}_permission")
    return needed.permission


def permitted(
    site: ReadOnlyAdmin[M], request: HttpRequest, chosen: QuerySet[M], *, action: str
) -> QuerySet[M]:
    """
    Return those of the chosen rows in whose zone the operator may act, and say which were left out.

    A row may be seen in more zones than it may be acted on in: each permission has its own. Of more
    rows than one act may reach none is acted on.
    """
    if chosen.all()[: MOST_AT_ONCE + 1].count() > MOST_AT_ONCE:
        text = f"One act reaches {MOST_AT_ONCE} rows at most: choose fewer."
        site.message_user(request, text, messages.ERROR)
        return chosen.none()
    allowed = site.within(chosen, zones_with(request, permission_of(site, action)))
    if left_out := chosen.count() - allowed.count():
        text = f"{left_out} of the chosen lie in zones where you may not do that."
        site.message_user(request, text, messages.ERROR)
    return allowed


@dataclass(frozen=True, slots=True)
class Confirmed(Generic[M]):
    """An act that was asked for and confirmed: on which rows, by whom, and what the form asked."""

    rows: QuerySet[M]
    actor_id: UUID
    answers: Answers
    # The amount that each of them moves by what the form asked, as it was read back; or nothing.
    moves: str


def confirm(
    site: ReadOnlyAdmin[M],
    request: HttpRequest,
    chosen: QuerySet[M],
    *,
    action: str,
    question: str,
    form_class: type[forms.Form] = ReasonForm,
    describe: Callable[[M], SafeString | str] = str,
    paise_of: Callable[[M], int] | None = None,
) -> Confirmed[M] | HttpResponse | None:
    """Ask what an act needs on a confirmation page; None when none of the rows may be acted on."""
    chosen = permitted(site, request, chosen, action=action)
    if not chosen.exists():
        return None
    form = form_class(request.POST if "confirmed" in request.POST else None)
    moves = read_back(form)
    if not form.is_valid() or (moves and request.POST.get("read_back") != moves):
        context = {
            **site.admin_site.each_context(request),
            "read_back": moves,
            "in_all": amount(sum(map(paise_of, chosen))) if paise_of else "",
            "title": question,
            "chosen": [(row.pk, describe(row)) for row in chosen],
            "form": form,
            "action": action,
            "opts": site.model._meta,  # noqa: SLF001 — Django's documented way to a model's options
        }
        return TemplateResponse(request, "kernel/act_on_chosen.html", context)
    actor_id = request.user.pk
    assert isinstance(actor_id, UUID)
    return Confirmed(chosen, actor_id, form.cleaned_data, moves)


def act_on_chosen(
    site: ReadOnlyAdmin[M],
    request: HttpRequest,
    chosen: QuerySet[M],
    *,
    action: str,
    question: str,
    # Any: the row's key, a UUID or a code. What is returned is told of a row: what moved.
    act: Callable[[Any, UUID, Answers], str | None],
    form_class: type[forms.Form] = ReasonForm,
    describe: Callable[[M], SafeString | str] = str,
    paise_of: Callable[[M], int] | None = None,
) -> HttpResponse | None:
    """
    Ask what the act needs on a confirmation page, then call the service once for each chosen row.

    `describe` says on that page what a row is, `paise_of` what it holds, which the page adds up. A
    refusal of one row is reported and does not stop the others.
    """
    found = confirm(
        site,
        request,
        chosen,
        action=action,
        question=question,
        form_class=form_class,
        describe=describe,
        paise_of=paise_of,
    )
    if found is None or isinstance(found, HttpResponse):
        return found
    for key in found.rows.order_by("pk").values_list("pk", flat=True):
        try:
            moved = act(key, found.actor_id, found.answers) or found.moves
        except DomainError as refusal:
            site.message_user(request, f"{key}: {refusal.detail}", messages.ERROR)
        else:
            site.message_user(
                request, f"{key}: done{f', {moved}' if moved else ''}", messages.SUCCESS
            )
    return None


def act_on_one(
    site: ReadOnlyAdmin[M],
    request: HttpRequest,
    chosen: QuerySet[M],
    *,
    action: str,
    question: str,
    act: Callable[[M, UUID, Answers], HttpResponse],
) -> HttpResponse | None:
    """Ask as `act_on_chosen` does for an act that leads away from the list, and so has one row."""
    found = confirm(site, request, chosen, action=action, question=question)
    if found is None or isinstance(found, HttpResponse):
        return found
    row, *more = found.rows[:2]
    try:
        if not more:
            return act(row, found.actor_id, found.answers)
        site.message_user(request, "Choose one row: this is done to one at a time.", messages.ERROR)
    except DomainError as refusal:
        site.message_user(request, f"{row.pk}: {refusal.detail}", messages.ERROR)
    return None


def file_answer(content: bytes, *, name: str, content_type: str) -> HttpResponse:
    """Answer a file to be kept, which no cache between keeps."""
    return HttpResponse(
        content,
        content_type=content_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


def readable(read: Callable[[], str]) -> str:
    """Return what `read` opens; a sealed value that does not open says so and leaves the list."""
    try:
        return read()
    except SealedValueUnreadable:
        return "⚠ does not open"


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
