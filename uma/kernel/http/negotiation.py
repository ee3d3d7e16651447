"""Which parser and which renderer: mostly there is one of each, and no header is worth parsing."""

from collections.abc import Iterable

from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class JSONFirst(DefaultContentNegotiation):
    """JSON whatever the client accepts; an endpoint with several forms falls back to its first."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        first = next(iter(parsers), None)
        if first is not None and first.media_type == "application/json":
            return first  # it judges the content type itself, more strictly than a media range
        return super().select_parser(request, parsers)

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        choices = list(renderers)
        if len(choices) == 1:
            return choices[0], choices[0].media_type
        chosen: tuple[BaseRenderer, str]
        try:
            chosen = super().select_renderer(request, choices, format_suffix)
        except NotAcceptable:
            chosen = choices[0], choices[0].media_type
        return chosen
