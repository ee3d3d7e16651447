"""API keys as operators see them: without their secrets, and to revoke."""

from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString

from apps.merchants import services
from apps.merchants.models import ApiKey
from uma.kernel.desk import Answers, Needs, ReadOnlyAdmin, act_on_chosen, trail_of


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin[ApiKey]):
    few = True
    zone_path = "merchant__zone_id"
    list_display = [
        "__str__", "merchant", "name", "created_at", "last_used_at", "expires_at", "revoked_at",
    ]  # fmt: skip
    list_filter = ["environment", ("revoked_at", admin.EmptyFieldListFilter), "created_at"]
    list_select_related = ["merchant"]
    search_fields = ["=id", "=public_id", "name", "merchant__brand", "=merchant__id"]
    # A hash of a secret is nobody's to read either.
    exclude = ["digest"]
    readonly_fields = ["trail"]
    actions = ["revoke_selected"]

    has_revoke_permission = Needs("merchants.revoke_api_key")

    @admin.display(description="History")
    def trail(self, key: ApiKey) -> SafeString:
        return trail_of(key.pk)

    @admin.action(description="Revoke", permissions=["revoke"])
    def revoke_selected(
        self, request: HttpRequest, chosen: QuerySet[ApiKey]
    ) -> HttpResponse | None:
        def act(key_id: UUID, actor_id: UUID, answers: Answers) -> None:
            services.revoke_api_key(
                key_id=key_id,
                merchant_id=None,
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )

        question = "Revoke these keys? Whatever uses them is refused within a second."
        return act_on_chosen(
            self, request, chosen, action="revoke_selected", question=question, act=act
        )
