"""The API's own views: documentation, schema, and the end of every unknown path."""

from typing import Any, NoReturn

from django.http import Http404
from rest_framework.views import APIView

from uma.kernel.http.permissions import Public


class UnknownPathView(APIView):
    """Whatever no app serves: 404 as a problem, in every mode and for every method."""

    permission_classes = [Public]
    schema = None

    # Any: whatever the pattern captured.
    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        self.http_method_names = [str(request.method).lower()]
        for method in self.http_method_names:
            setattr(self, method, self._nothing)
        return super().dispatch(request, *args, **kwargs)

    def _nothing(self, *args: object, **kwargs: object) -> NoReturn:  # noqa: ARG002  # a handler's
        raise Http404
