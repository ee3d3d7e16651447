"""Days of a merchant's life for tests: visits with bills, no-shows, and what is taken back."""

from datetime import date, datetime, timedelta
from uuid import UUID

from apps.accounts.models import User
from apps.analytics import services
from apps.analytics.selectors import Counts, Figures, Period, figures
from apps.handshake import check_ins, disputes, identify, reversals
from apps.handshake import services as handshakes
from apps.handshake.models import Handshake
from apps.handshake.rules import Scan
from apps.merchants.selectors import StaffScope
from apps.rides import services as rides
from tests.factories import Shop, code_of, keyring, make_booking, make_rider
from uma.kernel.zones import day_of

CLOCK = "Asia/Kolkata"
OPERATOR = UUID(int=42)


def visit(
    shop: Shop,
    *,
    at: datetime,
    rider: User | None = None,
    bill_paise: int | None = None,
    actor_id: UUID | None = None,
    post: StaffScope | None = None,
) -> Handshake:
    booking = make_booking(shop, rider or make_rider(now=at), now=at)
    code = identify.by_qr(text=code_of(booking, at=at), keys=keyring(), now=at)
    actor = actor_id or shop.owner_id
    scan = Scan(actor_id=actor, outlet_id=None, location=None, bill_paise=bill_paise, post=post)
    done = handshakes.execute(ref=code.ref, scan=scan, freshness=code.freshness, key=None, now=at)
    return Handshake.objects.get(pk=done.handshake.pk)


def check_in(shop: Shop, *, at: datetime, rider: User) -> None:
    """Let a guest come without a deal."""
    owner = StaffScope(shop.merchant.pk, "OWNER", (), shop.owner_id)
    check_ins.check_in(person_id=rider.pk, staff=owner, outlet_id=None, bill_paise=None, now=at)


def no_show(shop: Shop, *, at: datetime) -> None:
    """Book at `at`, and let the booking run out."""
    booking = make_booking(shop, now=at)
    rides.expire_overdue(now=booking.expires_at + timedelta(seconds=1), limit=100)


def take_back(
    handshake: Handshake,
    *,
    at: datetime,
    amount_paise: int | None = None,
    reason: str = "double scan",
) -> None:
    reversals.reverse(
        handshake_id=handshake.pk,
        merchant_id=None,
        actor_id=OPERATOR,
        amount_paise=amount_paise,
        reason=reason,
        key=None,
        now=at,
    )


def lose_dispute(handshake: Handshake, *, at: datetime) -> None:
    dispute = disputes.open_dispute(
        handshake=handshake,
        opened_by=handshake.rider_id,
        opened_as="rider",
        reason="x",
        now=at,
    )
    disputes.decide(
        dispute_id=dispute.pk, for_merchant=True, actor_id=OPERATOR, reason="camera", now=at
    )


def seen(shop: Shop, first: date, last: date, *, now: datetime) -> Figures:
    return figures(merchant_id=shop.merchant.pk, period=Period(first, last), now=now)


def total(shop: Shop, first: date, last: date, *, now: datetime) -> Counts:
    return seen(shop, first, last, now=now).total


def count(*, now: datetime) -> int:
    return services.count_days(now=now, limit=100)


def day(at: datetime) -> date:
    return day_of(at, CLOCK)
