"""Files of exports, for whoever has the signed link: a browser, curl, a notebook."""

from uuid import UUID

from django.core import signing
from django.http import FileResponse
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView
from whitenoise.responders import StaticFile

from apps.exports import files, selectors, services
from apps.exports.errors import ExportNotFound
from uma.kernel.http.permissions import Public

LINK_LIFE_S = 24 * 3600
_LINK = signing.TimestampSigner(salt="exports.file")


def link(export_id: UUID) -> str:
    """Return the path of an export's file with a signature that holds for a day."""
    path = reverse("exports-file", kwargs={"export_id": export_id})
    return f"{path}?token={_LINK.sign(str(export_id))}"


class ExportFileView(APIView):
    """A file that an operator asked for; a broken download goes on where it stopped."""

    permission_classes = [Public]
    authentication_classes = []
    refusals = (ExportNotFound,)

    @extend_schema(
        parameters=[
            OpenApiParameter("token", str, description="From the signed link."),
            OpenApiParameter(
                "Range", str, OpenApiParameter.HEADER, description="`bytes=…`, to go on (RFC 9110)."
            ),
        ],
        responses={
            (200, "application/gzip"): OpenApiTypes.BINARY,
            (206, "application/gzip"): OpenApiTypes.BINARY,
        },
    )
    def get(self, request: Request, export_id: UUID) -> FileResponse:
        try:
            signed = _LINK.unsign(request.query_params.get("token", ""), max_age=LINK_LIFE_S)
        except signing.BadSignature:
            raise ExportNotFound from None
        export = selectors.file_of(export_id=export_id) if signed == str(export_id) else None
        if export is None or not files.path_of(export.file).exists():
            raise ExportNotFound
        assert export.manifest is not None
        headers = [
            ("Content-Type", "application/gzip"),
            ("Content-Disposition", f'attachment; filename="{export.manifest["file"]}"'),
            ("Cache-Control", "private, no-store"),
            ("ETag", f'"{export.manifest["gzip"]["sha256"]}"'),
        ]
        stored = StaticFile(str(files.path_of(export.file)), headers)
        found = stored.get_response("GET", request.META)
        if found.file is not None:
            # Each part as well: "bytes=0-" is all of it, and "bytes=1-" as good as all of it.
            services.note_fetch(export=export, now=timezone.now())
        response = FileResponse(found.file or (), status=int(found.status))
        for name, value in found.headers:
            response[name] = value
        return response
