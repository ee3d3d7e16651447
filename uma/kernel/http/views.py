"""The API's own views: its description, its documentation, and the end of every unknown path."""

from functools import lru_cache
from typing import Any, NoReturn

from django.http import Http404
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from uma.kernel.http.permissions import Public


@lru_cache(maxsize=1)
def described() -> dict[str, Any]:  # Any: an OpenAPI document
    """Return the OpenAPI document; it cannot change while the process runs."""
    document: dict[str, Any] = SchemaGenerator().get_schema(  # type: ignore[no-untyped-call]  # has none
        request=None, public=True
    )
    return document


class SchemaView(SpectacularAPIView):
    """The OpenAPI 3.1 document, as YAML or, by Accept, as JSON."""

    permission_classes = [Public]
    authentication_classes = []
    schema = None

    def _get_schema_response(self, request: Request) -> Response:  # noqa: ARG002
        return Response(described())


class DocsView(SpectacularSwaggerSplitView):
    """The documentation as a page; every file of it comes from this server."""

    permission_classes = [Public]
    authentication_classes = []
    url_name = "schema"
    template_name = "kernel/docs.html"
    schema = None


class UnknownPathView(APIView):
    """Whatever no app serves: 404 as a problem, in every mode and for every method."""

    permission_classes = [Public]
    authentication_classes = []
    schema = None

    # Any: DRF's signature.
    def initial(self, request: Request, *args: Any, **kwargs: Any) -> NoReturn:
        super().initial(request, *args, **kwargs)
        raise Http404
