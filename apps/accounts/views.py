"""Sign-in for development, until phone sign-in exists."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import selectors
from apps.accounts.serializers import DevelopmentSignInRequest, SignInResponse
from uma.kernel.http.authentication import issue_access_token
from uma.kernel.http.permissions import Public
from uma.kernel.ids import new_id


class DevelopmentSignInView(APIView):
    """
    Sign in as a seeded person by name alone.

    The path exists only while UMA_DEBUG is on; a production server answers 404.
    """

    permission_classes = [Public]
    authentication_classes = []
    schema = None  # the description is production's

    @extend_schema(request=DevelopmentSignInRequest, responses=SignInResponse)
    def post(self, request: Request) -> Response:
        body = DevelopmentSignInRequest(data=request.data)
        body.is_valid(raise_exception=True)
        user = selectors.person_named(username=body.validated_data["username"])
        role = body.validated_data["role"]
        token = issue_access_token(
            user_id=user.pk, role=role, session_id=new_id(), now=timezone.now()
        )
        person = {"id": user.pk, "display_name": user.display_name, "role": role}
        return Response(SignInResponse({"access": token, "user": person}).data)
