"""What operators and colleagues write, and what people and systems are called: a real browser runs none of it."""

from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from apps.accounts.models import User
from apps.campaigns import services as campaigns
from apps.campaigns.lifecycle import SuspendedFor
from apps.handshake import disputes
from apps.handshake.models import Dispute, Reversal
from apps.merchants import services as merchants
from apps.merchants.duties import KEY
from apps.merchants.models import ApiKey, Merchant, Staff
from apps.merchants.selectors import StaffScope
from apps.notifications import services as notifications
from apps.notifications.models import WebhookEndpoint
from tests.analytics.making import take_back, visit
from tests.browser.hostile import HOSTILE, folded, leafed, ran
from tests.business.browsing import signed_in
from tests.factories import make_campaign, make_shop, make_staff
from tests.merchants import applying

# Where the texts are read, and every page of it.
Pages = dict[str, list[str]]
pytestmark = pytest.mark.django_db(transaction=True)


def read(client: Client, *paths: str) -> list[str]:
    answers = [client.get(path) for path in paths]
    assert [answer.status_code for answer in answers] == [200] * len(paths), paths
    return [answer.content.decode() for answer in answers]


def operator() -> Client:
    """Return the browser of an operator who may see everything."""
    found = User(
        username=f"ops-{uuid4()}", is_staff=True, is_superuser=True, created_at=timezone.now()
    )
    found.save()
    client = Client()
    client.force_login(found)
    return client


def desk(*paths: str) -> list[str]:
    client = operator()
    return [leafed(client, f"/admin/{path}") for path in paths]


def shown(text: str) -> str:
    """Return the beginning of a text as a page shows it; names are kept shorter than reasons."""
    return escape(text[:40])


def trail(action: str) -> str:
    return f"accounts/auditevent/?action__exact={action}"


def applications() -> Pages:
    """Return what is read of applications that were sent back, and then declined."""
    found: Pages = {"sent back": [], "declined": []}
    keys: list[UUID] = []
    now = timezone.now()
    for text in HOSTILE:
        one = applying.apply(gstin="", brand=text, legal_name=text)
        client, keys = signed_in(one.applicant_id), [*keys, one.pk]
        merchants.send_back(merchant_id=one.pk, revision=1, actor_id=uuid4(), reason=text, now=now)
        found["sent back"] += read(client, "/business/join")
        merchants.reject(merchant_id=one.pk, revision=1, actor_id=uuid4(), reason=text, now=now)
        found["declined"] += read(client, "/business/join")
    for where, pages in found.items():
        notes = [
            page.partition("<main")[2].partition('role="status">')[2].partition("</p>")[0]
            for page in pages
        ]
        assert all(shown(text) in note for text, note in zip(HOSTILE, notes, strict=True)), where
    return found | {
        "list": desk("merchants/application/"),
        "each": desk(*(f"merchants/application/{key}/change/" for key in keys)),
        "trail": desk(trail("application.sent-back")),
    }


def stopped_deals() -> Pages:
    """Return what is read of a deal that was stopped, and of one that was not let on sale."""
    shop = make_shop(now=timezone.now())
    deal, now = shop.campaign.pk, timezone.now()
    waiting = make_campaign(shop.merchant, cap_paise=500_01, now=now).pk
    pages = []
    for text in HOSTILE:
        kind = SuspendedFor.OTHER
        campaigns.suspend(campaign_id=deal, kind=kind, actor_id=uuid4(), reason=text, now=now)
        campaigns.reject(campaign_id=waiting, actor_id=uuid4(), reason=text, now=now)
        pages += desk(*(f"campaigns/campaign/{one}/change/" for one in (deal, waiting)))
        campaigns.lift(campaign_id=deal, actor_id=uuid4(), reason=text, now=now)
        campaigns.submit(campaign_id=waiting, merchant_id=None, actor_id=None, now=now)
    acts = ("suspended", "rejected", "lifted")
    return {"each": pages} | {act: desk(trail(f"campaign.{act}")) for act in acts}


def colleagues() -> Pages:
    """Return what a business sees of its people and keys: who scanned, who works there, which key is which."""
    shop = make_shop(now=timezone.now())
    client, now = signed_in(shop.owner_id), timezone.now()
    scanner = make_staff(shop.merchant, Staff.Role.SCANNER)
    merchants.create_api_key(
        merchant_id=shop.merchant.pk, name="till", scopes=["handshake:execute"], outlet_ids=[],
        expires_at=None, environment="test", actor_id=shop.owner_id, now=now,
    )  # fmt: skip
    (key,) = ApiKey.objects.all()
    visit(shop, at=now, actor_id=scanner)
    till = StaffScope(shop.merchant.pk, KEY, (), key.pk)
    visit(shop, at=now, actor_id=key.pk, post=till)
    paths = ("/business/figures/rows?by=person", "/business/team", "/business/keys")
    desks = ("merchants/staff/", "merchants/apikey/", f"accounts/user/{scanner}/change/")
    found: Pages = {path: [] for path in (*paths, *desks)}
    person = User.objects.get(pk=scanner)
    for text in HOSTILE:
        person.display_name = person.email = text
        person.save()
        ApiKey.objects.filter(pk=key.pk).update(name=text[:80])
        for path, page in zip(found, [*read(client, *paths), *desk(*desks)], strict=True):
            found[path].append(page)
    twice = [page.count(shown(text)) for text, page in zip(HOSTILE, found[paths[0]], strict=True)]
    assert min(twice) >= 2, "a person and a key scanned"
    return found


def systems() -> Pages:
    """Return where a business's own systems are told of events, and what became of those."""
    shop = make_shop(now=timezone.now())
    client, now = signed_in(shop.owner_id), timezone.now()
    for text in HOSTILE:
        notifications.add_endpoint(
            merchant_id=shop.merchant.pk, url=f"https://example.com/{text}", events=["handshake.success"],
            secret=notifications.new_secret(), now=now,
        )  # fmt: skip
    WebhookEndpoint.objects.update(disabled_at=now, disabled_reason="gone")
    keys = WebhookEndpoint.objects.values_list("pk", flat=True)
    return {
        "list": read(client, "/business/webhooks"),
        "alerts": read(client, "/business/figures"),
        "each": read(client, *(f"/business/webhooks/{key}" for key in keys)),
        "desk": desk("notifications/webhookendpoint/"),
    }


def objections() -> Pages:
    """Return what is read of visits that were taken back or objected to."""
    shop = make_shop(now=timezone.now(), funds_paise=1_00_000_00)
    now = timezone.now()
    for text in HOSTILE:
        take_back(visit(shop, at=now), at=now, reason=text)
        scanned = visit(shop, at=now)
        disputes.open_dispute(
            handshake=scanned, opened_by=shop.owner_id, opened_as="merchant", reason=text, now=now
        )
    keys = {
        "reversal": Reversal.objects.values_list("pk", flat=True),
        "dispute": Dispute.objects.values_list("pk", flat=True),
    }
    return {
        name: desk(*(f"handshake/{name}/{key}/change/" for key in found))
        for name, found in keys.items()
    } | {"lists": desk("handshake/dispute/")}


def searches() -> Pages:
    """Return what the console's search says: what was typed, and what it found by that name."""
    for _ in range(2):
        make_shop()
    client, pages = operator(), []
    for text in HOSTILE:
        Merchant.objects.update(brand=text)
        pages.append(client.post("/admin/search/", {"q": text}).content.decode())
    return {"search": pages}


PARTS = {
    one.__name__: one
    for one in (applications, stopped_deals, colleagues, systems, objections, searches)
}


@pytest.mark.parametrize("part", PARTS)
def test_nothing_that_is_said_of_a_business_runs_in_a_browser(part: str) -> None:
    pages = PARTS[part]()

    for where, found in pages.items():
        whole = "".join(found)
        assert [text for text in HOSTILE if shown(text) not in whole] == [], where
    every = folded([html for found in pages.values() for html in found])
    assert ran({str(at): html for at, html in enumerate(every)}) == {}
