"""The deals' pages: what is typed becomes terms, what it would cost is said before, and who may move it."""

from datetime import UTC, datetime, time, timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.http import QueryDict
from django.test import Client

from apps.business import diffs, offers
from apps.campaigns import selectors, services
from apps.campaigns.models import Campaign, Revision
from apps.campaigns.services import Terms
from apps.merchants.models import Staff
from tests.business.browsing import signed_in
from tests.factories import Shop, make_booking, make_outlet, make_shop
from tests.merchants.making import make_merchant, make_staff
from uma.kernel.zones import Window

pytestmark = pytest.mark.django_db
CLOCK = "Asia/Kolkata"
NEW = "/business/deals/new"


@pytest.fixture
def shop() -> Shop:
    return make_shop()


def typed(**fields: str | list[str]) -> dict[str, str | list[str]]:
    return {
        "title": "Lunch on us",
        "description": "Weekdays",
        "cap_paise": "150",
        "discount": "10",
        "basis": "flat",
        "audience": "all",
        "budget_paise": "2,500",
        "grid": "1",
        **fields,
    }


def text(answer: object) -> str:
    return unescape(answer.content.decode())  # type: ignore[attr-defined]  # Django's test response


def write(client: Client, *, to: str = NEW, **fields: str | list[str]) -> Campaign:
    answer = client.post(to, typed(**fields))
    assert answer.status_code == 302, text(answer)
    return Campaign.objects.get(pk=answer["Location"].rsplit("/", 1)[1])


def test_what_is_typed_is_what_is_sold(shop: Shop) -> None:
    made = write(
        signed_in(shop.owner_id), publish="1", hour=["0-9", "0-10", "6-23"], daily_seats="20",
        ends_at="2099-12-31", cpa="on",
    )  # fmt: skip

    terms = Terms.of(made)
    assert made.state == "ACTIVE"
    assert (terms.title, terms.cap_paise, terms.discount_bps) == ("Lunch on us", 150_00, 10_00)
    assert (terms.budget_paise, terms.daily_seats, terms.seats) == (2_500_00, 20, None)
    assert terms.windows == (Window(0, time(9), time(11)), Window(6, time(23), time(0)))
    assert terms.ends_at == datetime(2099, 12, 31, 18, 30, tzinfo=UTC), "to the end of that day"
    assert terms.cpa_enabled


def test_a_draft_is_kept_and_published_later(shop: Shop) -> None:
    client = signed_in(shop.owner_id)
    made = write(client, draft="1")
    assert made.state == "DRAFT"

    client.post(f"/business/deals/{made.pk}/publish")

    made.refresh_from_db()
    assert made.state == "ACTIVE"


def test_a_deal_is_paused_resumed_copied_and_ended(shop: Shop) -> None:
    client, deal = signed_in(shop.owner_id), shop.campaign
    states = []
    for act in ("pause", "resume", "end"):
        assert client.post(f"/business/deals/{deal.pk}/{act}").status_code == 302
        deal.refresh_from_db()
        states.append(deal.state)

    copied = client.post(f"/business/deals/{deal.pk}/clone")["Location"]

    assert states == ["PAUSED", "ACTIVE", "ENDED"]
    assert copied.endswith("/edit")
    assert client.get(copied).status_code == 200
    assert Campaign.objects.filter(merchant=shop.merchant, state="DRAFT").count() == 1


def test_what_cannot_be_sold_is_said_beside_its_field_and_nothing_is_written(shop: Shop) -> None:
    client = signed_in(shop.owner_id)

    answer = client.post(NEW, typed(title=" ", cap_paise="12x", discount="101", seats="0"))

    page = text(answer)
    assert answer.status_code == 422
    for name in ("title", "cap_paise", "discount", "seats"):
        assert f'id="{name}-wrong"' in page
    assert 'value="12x"' in page, "nobody types it again"
    assert Campaign.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"budget_paise": "100"}, "It must pay for one visit at least: ₹173.60."),
        ({"cap_paise": "0", "discount": "0"}, "A deal gives a ride, a discount or both."),
        ({"basis": "deductible"}, "Write what the guest pays first."),
        ({"starts_at": "2099-01-02", "ends_at": "2099-01-01"}, "The last day lies after the first."),
        ({"hour": [f"{d}-{h}" for d in range(7) for h in range(0, 24, 2)]}, "Choose fewer pieces."),
    ],
)  # fmt: skip
def test_a_rule_of_the_domain_is_said_in_the_pages_words(
    shop: Shop, fields: dict[str, str | list[str]], rule: str
) -> None:
    answer = signed_in(shop.owner_id).post(NEW, typed(**fields))

    assert answer.status_code == 422
    assert rule in text(answer)
    assert Campaign.objects.count() == 1


def test_the_preview_says_what_the_scan_would_cost_and_writes_nothing(shop: Shop) -> None:
    client = signed_in(shop.owner_id)

    part = text(client.post("/business/deals/preview", typed(seats="10", cpa="on")))

    assert 'id="most-visit">₹232.60' in part
    assert 'id="most-all">₹2,326' in part, "ten seats cost less than the budget"
    assert "10% off" in part
    assert Campaign.objects.count() == 1


def test_a_change_is_a_revision_that_can_be_read(shop: Shop) -> None:
    client, deal = signed_in(shop.owner_id), shop.campaign
    listed = selectors.outlet_ids(campaign_ids=[deal.pk])[deal.pk]

    write(client, to=f"/business/deals/{deal.pk}/edit", title="Lunch and tea", discount="15")

    deal.refresh_from_db()
    assert (deal.revision, deal.discount_bps, deal.basis) == (2, 15_00, "flat")
    assert selectors.outlet_ids(campaign_ids=[deal.pk])[deal.pk] == listed
    page = text(client.get(f"/business/deals/{deal.pk}/revisions"))
    assert "<ins>Lunch and tea</ins>" in page
    assert "<del>10%</del> → <ins>15%</ins>" in page


def test_limits_hours_and_days_are_read_in_revisions_as_well(shop: Shop) -> None:
    client, path = signed_in(shop.owner_id), f"/business/deals/{shop.campaign.pk}"
    write(
        client, to=f"{path}/edit", hour=["0-9", "1-9", "6-23"], seats="1,200", ends_at="2099-12-31"
    )
    write(client, to=f"{path}/edit", hour=["0-9", "1-9", "6-23"], seats="1,500", ends_at="")

    newest, middle, first = text(client.get(f"{path}/revisions")).split('id="revision-')[1:]

    assert "<del>1,200</del> → <ins>1,500</ins>" in newest
    assert "<del>1 Jan 2100, 00:00</del> → <ins>until you end it</ins>" in newest
    assert newest.count("<ins>") == 2
    hours = "Mon, Tue 09:00\N{EN DASH}10:00<br>Sun 23:00\N{EN DASH}00:00"
    assert f"<del>all week</del> → <ins>{hours}</ins>" in middle
    assert "<del>no limit</del> → <ins>1,200</ins>" in middle
    assert "<del>" not in first


def test_what_older_revisions_did_not_keep_is_no_change() -> None:
    kept = {"title": "Lunch", "cap_paise": 100_00}
    older, newer = (
        Revision(number=number, terms=terms, at=datetime(2026, 1, number, tzinfo=UTC))
        for number, terms in enumerate([kept, {**kept, "cap_paise": 90_00, "seats": 9}], start=1)
    )

    (step, _first) = diffs.steps([newer, older], clock=CLOCK)

    assert [(one.before, one.after) for one in step.changes] == [("₹100", "₹90")]


def test_a_limit_below_what_is_sold_is_refused_beside_its_field(shop: Shop) -> None:
    make_booking(shop)
    make_booking(shop)

    answer = signed_in(shop.owner_id).post(
        f"/business/deals/{shop.campaign.pk}/edit", typed(seats="1")
    )

    assert answer.status_code == 422
    assert 'id="seats-wrong"' in text(answer)


def test_hours_to_the_minute_stay_when_the_grid_is_not_touched() -> None:
    windows = (Window(4, time(18, 30), time(1, 15)),)
    base = Terms(title="Late", cap_paise=100_00, windows=windows)
    cells = offers.grid_of(windows)
    form = QueryDict(mutable=True)
    form["grid"] = "1"
    form.setlist("hour", [f"{day}-{hour}" for day, hour in cells])

    kept = offers.read(form, base=base, outlet_ids=(), timezone=CLOCK).terms
    form.appendlist("hour", "0-8")
    changed = offers.read(form, base=base, outlet_ids=(), timezone=CLOCK).terms

    assert cells == {*((4, hour) for hour in range(18, 24)), (5, 0), (5, 1)}
    assert kept.windows == windows
    assert Window(0, time(8), time(9)) in changed.windows


def test_every_ticked_hour_comes_back_from_its_windows() -> None:
    cells = frozenset((day, hour) for day in range(7) for hour in range(24) if (day + hour) % 5)

    assert offers.grid_of(offers.windows_in(cells)) == cells
    assert offers.windows_in(offers.grid_of((Window(2, time(0), time(0)),))) == (
        Window(2, time(0), time(0)),
    )


def test_an_accountant_reads_and_writes_nothing(shop: Shop) -> None:
    client = signed_in(make_staff(shop.merchant, Staff.Role.ACCOUNTANT))

    page = text(client.get(f"/business/deals/{shop.campaign.pk}"))

    assert "Pause" not in page
    assert client.post(f"/business/deals/{shop.campaign.pk}/pause").status_code == 403
    assert client.post(NEW, typed()).status_code == 403
    shop.campaign.refresh_from_db()
    assert shop.campaign.state == "ACTIVE"


def test_a_manager_of_one_outlet_moves_only_what_is_sold_there_alone(shop: Shop) -> None:
    second = make_outlet(shop.merchant)
    client = signed_in(make_staff(shop.merchant, Staff.Role.MANAGER, outlet_ids=(second.pk,)))

    assert client.post(f"/business/deals/{shop.campaign.pk}/pause").status_code == 403
    assert client.post(NEW, typed(outlets="1", outlet=[str(shop.outlet.pk)])).status_code == 403
    assert write(client, outlets="1", outlet=[str(second.pk)]).state == "DRAFT"


def test_another_business_deal_does_not_exist(shop: Shop) -> None:
    client = signed_in(make_shop("Elsewhere").owner_id)

    for path in ("", "/edit", "/revisions"):
        assert client.get(f"/business/deals/{shop.campaign.pk}{path}").status_code == 404
    for act in ("pause", "end", "clone", "nonsense"):
        assert client.post(f"/business/deals/{shop.campaign.pk}/{act}").status_code == 404
    preview = typed(campaign=str(shop.campaign.pk))
    assert client.post("/business/deals/preview", preview).status_code == 404
    assert client.get(f"/business/deals/{uuid4()}").status_code == 404


def test_a_deal_that_an_operator_paused_is_not_the_owners_to_resume(shop: Shop) -> None:
    services.pause(
        campaign_id=shop.campaign.pk, merchant_id=None, actor_id=None, reason="complaint",
        now=datetime.now(UTC) + timedelta(seconds=1),
    )  # fmt: skip

    answer = signed_in(shop.owner_id).post(f"/business/deals/{shop.campaign.pk}/resume")

    assert answer.status_code == 409
    assert 'class="note' in text(answer)


def test_a_deal_is_held_back_from_a_share_of_riders_that_the_plan_and_the_rules_allow(
    shop: Shop,
) -> None:
    client = signed_in(shop.owner_id)

    draft = write(client, holdout="12.5", draft="1")

    assert draft.holdout_bps == 12_50
    assert "12.5% of riders" in text(client.get(f"/business/deals/{draft.pk}"))
    form = text(client.get(f"/business/deals/{draft.pk}/edit"))
    assert 'value="12.50"' in form
    assert write(client, draft="1").holdout_bps == 0
    for share in ("4", "51", "x"):
        answer = client.post(NEW, typed(holdout=share, draft="1"))
        assert answer.status_code == 422
        assert "Write a share from 5 to 50" in text(answer)
        assert f'value="{share}"' in text(answer), "nobody types it again"
    basic = make_merchant(funds_paise=1_00_000_00, plan="BASIC")
    make_outlet(basic)
    owner = signed_in(make_staff(basic, Staff.Role.OWNER))
    refused = owner.post(NEW, typed(holdout="10", publish="1"))
    assert refused.status_code == 422
    assert "Your plan has no room for another one." in text(refused)


def test_how_a_visit_is_proven_is_chosen_in_the_form_and_stays_once_the_deal_is_live(
    shop: Shop,
) -> None:
    client = signed_in(shop.owner_id)
    form = text(client.get(NEW))
    made = write(
        client, publish="1", proof_policy="ride+visit+bill", geofence_policy="ride_dropoff"
    )

    assert "Without it the scan is refused" in form, "what it means is said beside each"
    assert (made.proof_policy, made.geofence_policy) == ("ride+visit+bill", "ride_dropoff")
    assert "a ride booked here, the scan and the bill" in text(
        client.get(f"/business/deals/{made.pk}")
    )
    client.post(f"/business/deals/{made.pk}/edit", typed(proof_policy="visit"))
    made.refresh_from_db()
    assert made.proof_policy == "ride+visit+bill"
