"""How an answer says that it is a copy."""

from datetime import datetime

from rest_framework.response import Response


def marked(data: object, copy_of: datetime | None) -> Response:
    """Return an answer; of a copy, the header `Copy-Of` says when it was made."""
    headers = {} if copy_of is None else {"Copy-Of": copy_of.isoformat()}
    return Response(data, headers=headers)
