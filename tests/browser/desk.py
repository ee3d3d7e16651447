"""A day at the operators' desk of the demo city, made in a running platform; printed as the console's pages."""

import json
from datetime import datetime, timedelta
from uuid import UUID

from django.urls import reverse
from django.utils import timezone

from apps.accounts import selectors as people
from apps.accounts.models import User
from apps.campaigns import selectors as campaigns
from apps.gamification import services as gamification
from apps.handshake.management import demo_city
from apps.jobs import services as jobs
from apps.merchants import selectors as merchants
from apps.payments import services as payments
from apps.rides import services as rides
from tests.accounts.making import make_operator
from tests.analytics.suspecting import suspect
from tests.exports import making as exports
from tests.factories import keyring
from tests.gamification.making import make_strike
from tests.handshake.visiting import execute
from tests.payments.paying_out import checked_account, give
from uma.kernel.ids import new_id

ZONE = "MNP"


def make() -> None:
    """Fill the desk for the operator of the demo city."""
    now = timezone.now()
    operator = people.person_named(username="operator")
    everybody = (
        _person(demo_city.rider_phone(number)) for number in range(1, demo_city.RIDERS + 1)
    )
    riders = [rider for rider in everybody if rider.zone_code == ZONE][:5]
    owner = _person(demo_city.owner_phone(2))
    staff = merchants.staff_of(user_id=owner.pk)
    assert staff is not None
    (deal, *_) = campaigns.campaigns_of(merchant_id=staff.merchant_id, limit=1)
    bookings = [
        rides.book(
            rider_id=rider.pk, campaign_id=deal.pk, location=None, key=None,
            qr_kid=keyring().signing_kid, now=now,
        ).booking
        for rider in riders
    ]  # fmt: skip
    for booking in bookings[:-1]:
        execute(booking, owner.pk, now=now)
    case = suspect(ZONE, rider_id=riders[3].pk, merchant_id=staff.merchant_id, now=now)
    payout = _paid_out(riders[0], operator, now=now)
    _appeals(riders, now=now)
    _adjusted(riders, staff.merchant_id, now=now)
    _exported(operator, now=now)
    _ran(now=now)
    shown = {
        "home": reverse("admin:index"),
        "rider": _page("accounts_user_change", riders[0].pk),
        "business": _page("merchants_merchant_change", staff.merchant_id),
        "booking": _page("rides_booking_change", bookings[-1].pk),
        "payout": _page("payments_payout_change", payout),
        "case": _page("analytics_riskcase_change", case.pk),
        "appeals": _page("gamification_appeal_changelist"),
        "exports": _page("exports_export_changelist"),
        "adjustments": _page("payments_adjustment_changelist"),
        "adjust": f"{_page('payments_adjustment_propose')}?whose=person&key={riders[0].pk}",
        "export": f"{_page('exports_export_ask')}?dataset=handshakes",
        "trail": _page("accounts_auditevent_changelist"),
        "jobs": _page("jobs_jobrun_changelist"),
    }
    print(json.dumps(shown))


def _page(name: str, *key: UUID) -> str:
    return reverse(f"admin:{name}", args=key)


def _person(phone: str) -> User:
    found = people.person_by_phone(phone=phone)
    assert found is not None
    return found


def _paid_out(rider: User, operator: User, *, now: datetime) -> UUID:
    """Let a rider withdraw what was earned a while ago, to an account that was checked."""
    long_ago = now - timedelta(days=30)
    give(rider, 1_200_00, now=long_ago)
    payments.set_kyc_level(
        person_id=rider.pk, level=1, actor_id=operator.pk, reason="PAN card seen", now=long_ago
    )
    account = checked_account(
        now=long_ago, person_id=rider.pk, holder_name=rider.display_name, vpa="rider.one@upi"
    )
    asked = payments.request_withdrawal(
        person_id=rider.pk, amount_paise=450_00, fund_account_id=account.pk, key=None, now=now
    )
    return asked.payout.pk


def _appeals(riders: list[User], *, now: datetime) -> None:
    said = {
        "Corner Café": "The door was shut although the page said open until ten. I waited for a quarter of an hour.",
        "Laterite Coffee Room": "My bus stood in the rain at Tiger Circle; I called the shop to say so.",
    }
    for number, (shop, text) in enumerate(said.items(), start=1):
        strike = make_strike(riders[number].pk, merchant_name=shop, now=now - timedelta(hours=5))
        gamification.appeal(
            rider_id=riders[number].pk, strike_id=strike.pk, text=text, evidence=[], now=now
        )


def _adjusted(riders: list[User], merchant_id: UUID, *, now: datetime) -> None:
    finance = make_operator("finance", ZONE)
    for rider, rupees, reason in (
        (riders[0], 600, "Two tickets were charged twice; the bank has not paid one back."),
        (riders[1], 150, "Waited an hour for a driver who never came."),
    ):
        _adjust(finance, reason, now=now, person_id=rider.pk, merchant_id=None, rupees=rupees)
    _adjust(
        finance, "Top-up of the 3rd was credited twice.", now=now, person_id=None,
        merchant_id=merchant_id, rupees=2_000, gives=False,
    )  # fmt: skip


def _adjust(
    finance: User,
    reason: str,
    *,
    now: datetime,
    person_id: UUID | None,
    merchant_id: UUID | None,
    rupees: int,
    gives: bool = True,
) -> None:
    payments.propose_adjustment(
        adjustment_id=new_id(), person_id=person_id, merchant_id=merchant_id, gives=gives,
        amount_paise=rupees * 100, actor_id=finance.pk, within={ZONE}, reason=reason, now=now,
    )  # fmt: skip


def _exported(operator: User, *, now: datetime) -> None:
    exports.make(exports.ask(operator, "handshakes", ZONE, now=now), now=now)
    exports.ask(operator, "payouts", "", now=now)


def _ran(*, now: datetime) -> None:
    done = {"apps.payments.tasks.submit_payouts": 1, "apps.gamification.tasks.settle_no_shows": 3}
    for job, did in done.items():
        run_id = jobs.begin(job=job, now=now - timedelta(minutes=2))
        jobs.end(run_id=run_id, did=did, error="", now=now)
    failed = jobs.begin(job="apps.payments.tasks.pull_settlements", now=now - timedelta(minutes=9))
    jobs.end(run_id=failed, did=None, error="GatewayAway", now=now - timedelta(minutes=8))
