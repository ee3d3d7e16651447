"""Lists of the desk that are read by an index: page after page by the key, with nothing counted or sorted."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, reduce
from operator import or_
from typing import Any, ClassVar, Protocol, TypeVar, cast
from uuid import UUID

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.options import ShowFacets
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR, ChangeList
from django.contrib.messages import ERROR
from django.core.exceptions import ValidationError
from django.db.models import (
    BooleanField,
    CharField,
    DateField,
    Field,
    IntegerField,
    Model,
    Q,
    QuerySet,
    TextField,
    UUIDField,
)
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string

M = TypeVar("M", bound=Model)
# Columns in their order, and whether each runs downwards.
Order = Sequence[tuple[str, bool]]
# Among so many of the newest rows a filter looks for the values that it offers.
SAMPLE = 500
_AFTER, _BEFORE = "after", "before"


class _HasCode(Protocol):
    code: str


@lru_cache(maxsize=1)
def _reader_of_zones() -> Callable[[], Iterable[_HasCode]]:
    found: Callable[[], Iterable[_HasCode]] = import_string(settings.ZONES)
    return found


class Seen(admin.AllValuesFieldListFilter):
    """What a column holds in the newest rows. All that it ever held would be a DISTINCT of the table."""

    # Any: Django's field, request, parameters, model and desk.
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _, request, _, _, desk = args
        newest = desk.get_queryset(request).order_by(*desk.get_ordering(request))[:SAMPLE]
        found = set(newest.values_list(self.field_path, flat=True)) | set(self.lookup_val or ())
        told = sorted((value for value in found if value is not None), key=str)
        self.lookup_choices = _as_rows([*told, None] if None in found else told)


class OfZone(Seen):
    """The zones in which the operator may look: from the table that names them."""

    # Any: as above.
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        admin.AllValuesFieldListFilter.__init__(self, *args, **kwargs)
        _, request, _, _, desk = args
        reach = desk.zones_shown(request)
        named = (zone.code for zone in _reader_of_zones()())
        shown = [code for code in named if reach is None or code in reach]
        self.lookup_choices = _as_rows(shown)


class KeysetList(ChangeList):
    """
    A page is what follows a row in the list's order: the thousandth costs as much as the first.

    There is no number of pages and none of rows, so nothing can be chosen across pages either.
    """

    model_admin: "IndexedLists[Any]"  # Any: of whatever model
    first_page: str | None
    previous_page: str | None
    next_page: str | None

    # Any: Django's rows.
    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """Leave the order of a large list alone: another would sort all of it for one page."""
        if not self.model_admin.few:
            self.params.pop(ORDER_VAR, None)
        return super().get_ordering(request, queryset)

    def get_results(self, request: HttpRequest) -> None:
        """Read one page, and one row more to know whether there is another."""
        order = [(name.removeprefix("-"), name.startswith("-")) for name in _ordered(self.queryset)]
        way, _, key = request.GET.get(PAGE_VAR, "").partition(":")
        edge = self._edge(order, key) if way in {_AFTER, _BEFORE} else None
        backwards = edge is not None and way == _BEFORE
        if edge is None:
            rows, more = self._read(self.queryset)
        elif backwards:
            turned = [(name, not downwards) for name, downwards in order]
            rows, more = self._read(self._after(turned, edge).reverse())
            rows.reverse()
            if not more:
                # The beginning is near: the first page, whole.
                rows, more = self._read(self.queryset)
                edge, backwards = None, False
        else:
            rows, more = self._read(self._after(order, edge))

        self.first_page = None if edge is None else self.get_query_string()
        self.previous_page = self._turn(_BEFORE, rows[0]) if rows and edge is not None else None
        self.next_page = self._turn(_AFTER, rows[-1]) if rows and (more or backwards) else None
        self.result_list = rows
        # What a page shows is all that is known; Django's templates compare these numbers.
        self.result_count = self.full_result_count = len(rows)
        self.show_full_result_count = self.can_show_all = self.multi_page = False
        self.show_admin_actions = True
        self.paginator = self.model_admin.get_paginator(request, self.queryset, self.list_per_page)

    # Any: rows of whatever model.
    def _read(self, rows: QuerySet[Any]) -> tuple[list[Any], bool]:
        found = list(rows[: self.list_per_page + 1])
        return found[: self.list_per_page], len(found) > self.list_per_page

    # Any: values of whatever columns, rows of whatever model.
    def _after(self, order: Order, edge: Mapping[str, Any]) -> QuerySet[Any]:
        rows: QuerySet[Any] = self.queryset.filter(_beyond(self.model, order, edge))
        return rows

    def _turn(self, way: str, row: Model) -> str:
        return self.get_query_string({PAGE_VAR: f"{way}:{row.pk}"})

    # Any: values of whatever columns.
    def _edge(self, order: Order, key: str) -> Mapping[str, Any] | None:
        """Return what the row at the edge of a page holds in the columns of the order."""
        names, pk = [name for name, _ in order], self.lookup_opts.pk
        try:
            value = pk.to_python(key)
        except (ValidationError, ValueError):
            value = None
        if value is not None and len(names) == 1 and names[0] in {"pk", pk.name, pk.attname}:
            # The key is all there is to know, and the row may be gone.
            return {names[0]: value}
        return self.root_queryset.filter(pk=value).order_by().values(*names).first()


class IndexedLists(admin.ModelAdmin[M]):
    """
    The lists of tables that grow with the traffic.

    Newest first by the key, which is of the time of its making; columns are not sorted by, filters
    offer what they know without a look at the whole table, and a search is exact and by indexes.
    """

    # Says that of this table there are a hundred thousand rows at most, whatever the traffic: those
    # are sorted and searched in a moment.
    few: ClassVar[bool] = False
    ordering: ClassVar[tuple[str, ...]] = ("-pk",)
    list_per_page = 50
    show_full_result_count = False
    show_facets = ShowFacets.NEVER

    def zones_shown(self, request: HttpRequest) -> frozenset[str] | None:
        """Return the zones whose rows the operator sees; None means all."""
        raise NotImplementedError

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:  # noqa: ARG002 — Django's signature
        return KeysetList

    def get_sortable_by(self, request: HttpRequest) -> list[Any]:  # Any: Django's columns
        return list(self.get_list_display(request)) if self.few else []

    # Any: Django's own further arguments.
    def response_action(
        self, request: HttpRequest, queryset: QuerySet[M], *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        """Act on rows that were chosen on a page, never on whatever else the filters would find."""
        if request.POST.get("select_across", "0") in {"", "0"}:
            return super().response_action(request, queryset, *args, **kwargs)
        self.message_user(request, "Choose rows: an act never reaches beyond a page.", ERROR)
        return None

    def get_list_filter(self, request: HttpRequest) -> list[Any]:  # Any: Django's filters
        """Give a column that Django would ask for its values by DISTINCT a filter that does not."""
        return [self._bounded(each) for each in super().get_list_filter(request)]

    def _bounded(self, each: Any) -> Any:  # Any: as above
        if not isinstance(each, str):
            return each
        column = get_fields_from_path(self.model, each)[-1]
        if column.name == "zone_code":
            return each, OfZone
        told = column.choices or column.remote_field or isinstance(column, BooleanField | DateField)
        return each if told else (each, Seen)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[M], search_term: str
    ) -> tuple[QuerySet[M], bool]:
        """Find whole values, each by the index of its column; `=` of Django's would compare texts."""
        if self.few:
            return super().get_search_results(request, queryset, search_term)
        text, paths = search_term.strip(), self.get_search_fields(request)
        if not text or not paths:
            return queryset, False
        found = [
            Q(**{f"{path}__in": values})
            for path in (each.removeprefix("=") for each in paths)
            if (values := _meant(get_fields_from_path(self.model, path)[-1], text))
        ]
        if len(found) <= 1:
            return queryset.filter(found[0]) if found else queryset.none(), False
        # Of an OR, or of one over joins, the planner makes a walk through the whole table.
        keys = [self.model._default_manager.filter(one).order_by().values("pk") for one in found]  # noqa: SLF001 — Django's own name
        return queryset.filter(pk__in=keys[0].union(*keys[1:])), False


def _as_rows(told: list[Any]) -> QuerySet[Any, Any]:  # Any: values of whatever column
    """Return the values where Django has the query of them: it only goes through them."""
    return cast("QuerySet[Any, Any]", told)


def _ordered(rows: QuerySet[Any]) -> Iterable[str]:  # Any: rows of whatever model
    return [each for each in rows.query.order_by if isinstance(each, str)]


# Any: values of whatever columns.
def _beyond(model: type[Model], order: Order, edge: Mapping[str, Any]) -> Q:
    """Return which rows come after one that holds `edge`: PostgreSQL puts NULL above everything."""
    same, found = Q(), list[Q]()
    for name, downwards in order:
        value = edge[name]
        if value is None:
            found += [same & Q(**{f"{name}__isnull": False})] if downwards else []
            same &= Q(**{f"{name}__isnull": True})
            continue
        after = Q(**{f"{name}__{'lt' if downwards else 'gt'}": value})
        if not downwards and _may_be_null(model, name):
            after |= Q(**{f"{name}__isnull": True})
        found.append(same & after)
        same &= Q(**{name: value})
    if not found:
        return Q(pk__in=[])
    first, downwards = order[0]
    if len(found) == 1 or edge[first] is None or _may_be_null(model, first):
        return reduce(or_, found)
    # Says to the index of the first column where to begin.
    bound = Q(**{f"{first}__{'lte' if downwards else 'gte'}": edge[first]})
    return bound & reduce(or_, found)


def _may_be_null(model: type[Model], name: str) -> bool:
    if name == "pk":
        return False
    return any(getattr(column, "null", True) for column in get_fields_from_path(model, name))


# Any: of whatever column, and its values.
def _meant(column: Field[Any, Any], text: str) -> Sequence[Any]:
    """Return which values of a column a typed text can mean."""
    if isinstance(column, UUIDField):
        try:
            return [UUID(text)]
        except ValueError:
            return []
    if isinstance(column, IntegerField):
        return [int(text)] if text.isascii() and text.isdecimal() and len(text) < 10 else []  # noqa: PLR2004
    if isinstance(column, CharField | TextField):
        return list(dict.fromkeys((text, text.upper(), text.lower())))
    return [text]
