"""Whatever the order and repetition of visits and reversals: the same awards, the same ledger."""

from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from apps.gamification import services
from apps.gamification.models import Award, Reward, Visit
from apps.wallet import codes
from tests.factories import NOON, balance, make_rider, make_zone
from tests.gamification.making import fund, make_visit
from uma.kernel.ids import new_id

# Which visit is told (and then perhaps taken back), and whether the rider is settled after it.
EVENTS = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from(["told", "undone"]), st.booleans()), max_size=14
)
OUTLETS = [new_id() for _ in range(4)]


def outcome(rider_id: UUID) -> tuple[object, ...]:
    awards = Award.objects.filter(rider_id=rider_id, revoked_at=None)
    return (
        sorted(awards.values_list("badge", "earned_at")),
        balance(codes.rider_wallet(rider_id)),
        Reward.objects.filter(rider_id=rider_id, state="PAID").count(),
    )


class TestAnyOrderAndRepetition(TestCase):
    @given(events=EVENTS, order=st.permutations(range(6)))
    def test_of_visits_and_reversals_gives_the_same_awards_and_the_same_ledger(
        self, events: list[tuple[int, str, bool]], order: list[int]
    ) -> None:
        make_zone("MNP")
        fund("badges-mnp", 5_000, now=NOON)
        one, other = make_rider(), make_rider()
        told: dict[int, Visit] = {}
        undone: set[int] = set()

        for number, what, settles in events:
            if what == "told" and number not in told:
                told[number] = visit(one.pk, number)
            elif what == "undone" and number in told:
                undone.add(number)
                services.undo_visit(handshake_id=told[number].pk, now=NOON + timedelta(days=9))
            if settles:
                services.settle_rider(rider_id=one.pk, now=NOON + timedelta(days=9))
        services.settle_rider(rider_id=one.pk, now=NOON + timedelta(days=9))
        # The other has the same visits in the end, told in another order and settled once.
        for number in order:
            if number in told:
                row = visit(other.pk, number)
                if number in undone:
                    services.undo_visit(handshake_id=row.pk, now=NOON + timedelta(days=9))
        services.settle_rider(rider_id=other.pk, now=NOON + timedelta(days=9))

        assert outcome(one.pk) == outcome(other.pk)


def visit(rider_id: UUID, number: int) -> Visit:
    return make_visit(
        rider_id, at=NOON + timedelta(hours=30 * number), outlet_id=OUTLETS[number % len(OUTLETS)]
    )
