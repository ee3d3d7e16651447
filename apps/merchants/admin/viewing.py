"""Looking at the business app as its owner sees it."""

from typing import ClassVar
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.accounts import browser
from apps.accounts import services as accounts
from apps.accounts.errors import UnknownPerson
from apps.merchants import selectors
from apps.merchants.models import Merchant
from uma.kernel.desk import Answers, Needs, ReadOnlyAdmin, act_on_one


class LooksAsOwner(ReadOnlyAdmin[Merchant]):
    """What a business's page offers of it."""

    page_acts: ClassVar[tuple[str, ...]] = ("view_as",)

    has_view_as_permission = Needs("accounts.view_as")

    @admin.action(description="View as: the business app", permissions=["view_as"])
    def view_as(self, request: HttpRequest, chosen: QuerySet[Merchant]) -> HttpResponse | None:
        def act(merchant: Merchant, actor_id: UUID, answers: Answers) -> HttpResponse:
            owners = selectors.owner_ids(merchant_id=merchant.pk)
            if not owners:
                raise UnknownPerson
            begun = accounts.begin_viewing(
                person_id=owners[0],
                role="merchant",
                zone_code=merchant.zone_id,
                merchant_id=merchant.pk,
                operator_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )
            return browser.begin_view(request, begun, to="business-home")

        question = "Look at the business app as its owner? Each page that you open is on the trail."
        return act_on_one(self, request, chosen, action="view_as", question=question, act=act)
