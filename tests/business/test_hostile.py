"""A hundred and twenty strings in every name that others see: a real browser runs none of them."""

import re
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns import services as campaigns
from apps.campaigns.models import Campaign
from apps.merchants.models import Merchant, Outlet
from apps.rides import services as rides
from apps.rides.services import Refusal
from tests.browser.hostile import HOSTILE, folded, leafed, ran
from tests.business.browsing import signed_in
from tests.factories import NOON, Shop, make_rider, make_shop

pytestmark = pytest.mark.django_db(transaction=True)
DESK = (
    "/admin/merchants/merchant/", "/admin/merchants/outlet/", "/admin/merchants/staff/",
    "/admin/campaigns/campaign/",
)  # fmt: skip


def hostile_shop() -> Shop:
    """A shop whose every name is an attack, each of them once in each kind of name."""
    shop = make_shop()
    Merchant.objects.filter(pk=shop.merchant.pk).update(brand=HOSTILE[5], legal_name=HOSTILE[9])
    owner = User.objects.get(pk=shop.owner_id)
    owner.display_name = HOSTILE[4]
    owner.save()
    outlet = shop.outlet
    Outlet.objects.bulk_create(
        Outlet(
            merchant=shop.merchant, zone=outlet.zone, name=text[:80], category=outlet.category,
            address=text[:160], location=outlet.location, radius_m=100, status=outlet.status,
            created_at=NOON, status_changed_at=NOON,
        )
        for text in HOSTILE
    )  # fmt: skip
    for _ in HOSTILE:
        campaigns.clone(
            campaign_id=shop.campaign.pk, merchant_id=shop.merchant.pk, actor_id=None, now=NOON
        )
    drafts = Campaign.objects.filter(state="DRAFT").order_by("pk")
    for draft, text in zip(drafts, HOSTILE, strict=True):
        draft.title, draft.description = text, text
    Campaign.objects.bulk_update(drafts, ["title", "description"])
    return shop


def pages_of(shop: Shop) -> dict[str, str]:
    """Return the pages on which somebody else reads these names."""
    client = signed_in(shop.owner_id)
    draft = Campaign.objects.filter(state="DRAFT").order_by("pk")[1]
    paths = ["deals", f"deals/{draft.pk}", f"deals/{draft.pk}/edit", f"deals/{draft.pk}/revisions",
             "figures", "figures/rows", "team", "scan", "wallet", "more"]  # fmt: skip
    found = {path: client.get(f"/business/{path}").content.decode() for path in paths}
    desk = Client()
    operator = User(username=f"ops-{uuid4()}", is_staff=True, is_superuser=True, created_at=NOON)
    operator.save()
    desk.force_login(operator)
    return found | {path: leafed(desk, path) for path in DESK}


def forms_of(shop: Shop) -> dict[str, str]:
    """Return the forms that are shown again because of what was typed: each text in each field."""
    fields = (
        "name", "address", "category", "location", "radius_m", "brand", "legal_name", "gstin",
        "email", "key",
    )  # fmt: skip
    owner, newcomer = signed_in(shop.owner_id), signed_in(make_rider().pk)
    found: dict[str, str] = {}
    for client, path in ((owner, "/business/outlets/new"), (newcomer, "/business/join")):
        answers = [client.post(path, dict.fromkeys(fields, text)) for text in HOSTILE]
        assert {answer.status_code for answer in answers} == {422}
        whole = folded([answer.content.decode() for answer in answers])
        found |= {f"{path} {number}": html for number, html in enumerate(whole)}
    return found


def rows_of(shop: Shop) -> dict[str, str]:
    """Return the rows behind a figure, by each name and whatever their reason says."""
    for code in HOSTILE:
        told = Refusal(shop.campaign.pk, shop.outlet.pk, code[:64], timezone.now(), 1)
        rides.count_refused(refusals=[told])
    client, pages = signed_in(shop.owner_id), []
    for text in HOSTILE:
        Campaign.objects.filter(pk=shop.campaign.pk).update(title=text, description=text)
        Outlet.objects.filter(pk=shop.outlet.pk).update(name=text[:80])
        Merchant.objects.filter(pk=shop.merchant.pk).update(brand=text)
        paths = ("figures/refusals?by=deal", "figures/refusals?by=outlet")
        pages += [client.get(f"/business/{path}").content.decode() for path in paths]
    return {f"rows {number}": html for number, html in enumerate(folded(pages, each=60))}


def test_no_name_runs_in_a_browser() -> None:
    shop = hostile_shop()
    pages = pages_of(shop) | forms_of(shop)
    assert len(HOSTILE) == len(set(HOSTILE)) == 120
    seen = re.findall(r"&lt;(?:script|img|svg)", "".join(pages.values()))
    assert len(seen) > 1_400, "the names are on the pages"
    assert all("<html" in html for html in pages.values())

    assert ran(pages | rows_of(shop)) == {}
