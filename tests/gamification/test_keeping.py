"""What keeps gamification going by itself: pools of new zones, old reminders, an order's reward in a minute."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.gamification import services, tasks
from apps.gamification.models import NoShow, PromoPool, Reminder
from apps.handshake import tasks as handshakes
from apps.wallet import codes
from tests.factories import NOON, balance, make_rider, make_shop, make_zone
from tests.gamification.making import fund, make_mission
from tests.gamification.missing import DAY, HOUR, make_misser, remind_on_time, settle
from tests.handshake.visiting import visit

pytestmark = pytest.mark.django_db
KEPT = timedelta(days=30)


def test_a_zone_has_its_pools_within_minutes_however_it_was_opened() -> None:
    make_zone("MNP")

    for _ in range(2):
        tasks.plan_missions()
    make_zone("BLR")
    tasks.plan_missions()

    pools = sorted(PromoPool.objects.values_list("program", flat=True))
    assert pools == ["badges-blr", "badges-mnp", "missions-blr", "missions-mnp"]
    assert {balance(codes.promo_pool(name)) for name in pools} == {0}


def test_an_operator_fills_a_pool_and_sees_what_it_holds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    make_zone("MNP")
    filling = (
        "--fund",
        "missions-mnp",
        "--rupees",
        "500",
        "--reference",
        "UTR-1",
        "--reason",
        "May",
    )

    call_command("reward_pools", *filling)
    mission, rider = make_mission(reward_paise=40_00, now=timezone.now()), make_rider()
    services.join_mission(mission_id=mission.pk, rider_id=rider.pk, now=timezone.now())
    call_command("reward_pools")

    assert capsys.readouterr().out.splitlines()[-2:] == [
        "badges-mnp: ₹0, of which ₹0 promised",
        "missions-mnp: ₹500, of which ₹40 promised",
    ]
    # The bank's reference counts once.
    with pytest.raises(CommandError):
        call_command("reward_pools", *filling)
    assert balance(codes.promo_pool("missions-mnp")) == 500_00


def test_a_reminder_is_forgotten_a_month_after_its_booking_and_never_before_it_is_judged() -> None:
    misser = make_misser(make_rider())
    judged = misser.miss()
    waiting = misser.book()
    remind_on_time(waiting)
    services.expire_overdue(now=waiting.expires_at, limit=10)
    late = waiting.expires_at + KEPT + HOUR

    assert services.purge_reminders(now=judged.expires_at + KEPT, limit=10) == 0
    assert [services.purge_reminders(now=late, limit=10) for _ in range(2)] == [1, 0]
    assert list(Reminder.objects.values_list("pk", flat=True)) == [waiting.pk]
    settle(late)
    # What was told, and when, stands with the verdict.
    assert NoShow.objects.get(pk=waiting.pk).evidence["reminders"]["one_hour"]
    assert services.purge_reminders(now=late, limit=10) == 1
    assert tasks.purge_reminders() == 0


def test_a_reward_is_in_the_wallet_after_one_run_of_the_minutes_jobs() -> None:
    shop, rider = make_shop(now=NOON - DAY), make_rider()
    fund("badges-mnp", 500, now=NOON)
    visit(shop, rider)
    before = balance(codes.rider_wallet(rider.pk))

    # No message came through: what the two sweeps of every minute do is enough.
    handshakes.announce_forgotten()
    tasks.settle_no_shows()

    assert balance(codes.rider_wallet(rider.pk)) == before + 25_00
