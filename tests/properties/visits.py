"""Everything that can be done with a visit, through the services, beside plain arithmetic."""

from uuid import UUID, uuid4

from hypothesis import strategies as st
from hypothesis.stateful import (
    precondition,
    rule,
)

from apps.handshake import disputes, reversals, services
from apps.handshake.models import Dispute, Handshake
from apps.handshake.rules import Scan
from apps.rides import services as rides
from apps.rides.models import Booking
from tests.factories import (
    MANIPAL,
    request_key,
)
from tests.properties.oracle import FREE_CANCEL, Visit
from tests.properties.town import RIDERS, SHOPS, WHICH, Town, happened, shook
from uma.kernel.geo import Point

FAR = Point(MANIPAL.latitude + 0.01, MANIPAL.longitude)
KEYS = st.sampled_from(["", "a", "b"])


class Visits(Town):
    """The acts of riders, merchants and operators on visits, in any order."""

    @rule(shop=st.integers(0, SHOPS - 1), rider=st.integers(0, RIDERS - 1))
    def book(self, shop: int, rider: int) -> None:
        booked = self.does(
            "book",
            lambda: (
                rides.book(
                    rider_id=self.riders[rider].pk,
                    campaign_id=self.shops[shop].campaign.pk,
                    qr_kid="A1",
                    now=self.now,
                ).booking
            ),
            self.oracle.refused_booking(shop, rider),
        )
        if booked is not None:
            assert booked.max_cost_paise == self.oracle.terms[shop].first_visit
            self.oracle.book(Visit(booked.pk, shop, rider, booked.expires_at))

    @rule(
        shop=st.integers(0, SHOPS - 1),
        rider=st.integers(0, RIDERS - 1),
        far=st.booleans(),
        key=KEYS,
        more=st.integers(1, 2),
    )
    def visit(self, shop: int, rider: int, far: bool, key: str, more: int) -> None:  # noqa: FBT001  # drawn
        """Do in one step what every later act needs: pay in just enough, book, be scanned."""
        self.fund(shop, more, 0)
        before = len(self.oracle.visits)
        self.book(shop, rider)
        if len(self.oracle.visits) > before:
            self.scan(before, far, key, b"one")

    @precondition(lambda self: self.oracle.visits)
    @rule(which=WHICH)
    def cancel(self, which: int) -> None:
        visit = self.pick(which, "BOOKED", "REDEEMED", "EXPIRED")
        if visit is None or (self.now > visit.expires - FREE_CANCEL and self.now < visit.expires):
            # Late cancels earn a pause, which is another test's subject.
            return
        refusal = self.oracle.refused_ending(visit, self.now)
        self.does(
            "cancel",
            lambda: rides.cancel(
                booking_id=visit.booking, rider_id=self.riders[visit.rider].pk, now=self.now
            ),
            {refusal} if refusal else set(),
        )
        if refusal is None:
            self.oracle.end(visit, "CANCELLED")

    @rule()
    def expire(self) -> None:
        overdue = [v for v in self.oracle.visits if v.state == "BOOKED" and v.expires <= self.now]
        done = rides.expire_overdue(now=self.now, limit=100)
        assert set(done) == {visit.booking for visit in overdue}
        for visit in overdue:
            self.oracle.end(visit, "EXPIRED")
            happened["expire"] += 1

    @precondition(lambda self: self.oracle.visits)
    @rule(which=WHICH, far=st.booleans(), key=KEYS, body=st.sampled_from([b"one", b"two"]))
    def scan(self, which: int, far: bool, key: str, body: bytes) -> None:  # noqa: FBT001  # drawn
        visit = self.pick(which)
        if visit is None:
            return
        shop = self.shops[visit.shop]
        used = self.keys.get((visit.shop, key)) if key else None
        refused = self._due(visit, used, body)
        executed = self.does(
            "scan",
            lambda: services.execute(
                ref=self._ref(visit),
                scan=Scan(shop.owner_id, None, FAR if far else MANIPAL, None),
                freshness=lambda: None,
                key=request_key(key, body=body) if key else None,
                now=self.now,
            ),
            refused,
        )
        if executed is None:
            return
        if visit.shook is not None:
            replayed = used is not None and used[0] == visit.booking
            assert (executed.replayed, executed.repeated) == (replayed, not replayed)
            assert executed.handshake.pk == visit.shook
            return
        cost = self.oracle.settle(visit, executed.handshake.pk, far=far, now=self.now)
        assert executed.handshake.merchant_debit_paise == cost
        if key:
            self.keys[visit.shop, key] = (visit.booking, body)

    def _due(self, visit: Visit, used: tuple[UUID, bytes] | None, body: bytes) -> set[str]:
        """Return the refusals that a scan may get: none when its booking is settled, mostly."""
        if visit.shook is not None:
            other_body = used is not None and used[0] == visit.booking and used[1] != body
            return {"IdempotencyKeyReused"} if other_body else set()
        refusal = self.oracle.refused_scan(visit, self.now)
        due = {refusal} if refusal else set()
        if used is not None and refusal in {None, "WalletFrozen"}:
            due.add("IdempotencyKeyReused")
        return due

    @staticmethod
    def _ref(visit: Visit) -> str:
        return str(Booking.objects.values_list("ref", flat=True).get(pk=visit.booking))

    @precondition(lambda self: self.oracle.visits)
    @rule(which=WHICH)
    def scan_by_a_stranger(self, which: int) -> None:
        visit = self.pick(which)
        if visit is None:
            return
        stranger = self.shops[1 - visit.shop].owner_id
        self.does(
            "stranger",
            lambda: services.execute(
                ref=self._ref(visit),
                scan=Scan(stranger, None, None, None),
                freshness=lambda: None,
                key=None,
                now=self.now,
            ),
            {"UnknownCode" if visit.shook is None else "AlreadyRedeemed"},
        )

    @precondition(shook)
    @rule(which=WHICH, part=st.sampled_from([None, "1", "left-1", "left", "left+1"]))
    def reverse(self, which: int, part: str | None) -> None:
        visit = self.settled(which)
        if visit is None:
            return
        left = self.oracle.left(visit)
        parts = {"1": 1, "left-1": left - 1, "left": left, "left+1": left + 1}
        paise = None if part is None else max(1, parts[part])
        refusal = self.oracle.refused_reversal(visit, paise)
        self.does(
            "reverse",
            lambda: reversals.reverse(
                handshake_id=self._shook(visit),
                merchant_id=None,
                actor_id=uuid4(),
                amount_paise=paise,
                reason="a mistake",
                key=None,
                now=self.now,
            ),
            {refusal} if refusal else set(),
        )
        if refusal is None:
            self.oracle.reverse(visit, paise)

    @precondition(shook)
    @rule(which=WHICH)
    def announce(self, which: int) -> None:
        if (visit := self.settled(which)) is not None:
            services.announce(handshake_id=self._shook(visit), now=self.now)
            self.oracle.announce(visit)
            happened["announce"] += 1

    @precondition(shook)
    @rule(which=WHICH)
    def dispute(self, which: int) -> None:
        visit = self.settled(which)
        if visit is None:
            return
        refusal = self.oracle.refused_dispute(visit, self.now)
        self.does(
            "dispute",
            lambda: disputes.open_dispute(
                handshake=Handshake.objects.get(pk=self._shook(visit)),
                opened_by=self.riders[visit.rider].pk,
                opened_as="rider",
                reason="not me",
                now=self.now,
            ),
            {refusal} if refusal else set(),
        )
        if refusal is None:
            self.oracle.dispute(visit)

    @precondition(lambda self: any(v.state == "DISPUTED" for v in self.oracle.visits))
    @rule(which=WHICH, for_merchant=st.booleans())
    def decide(self, which: int, for_merchant: bool) -> None:  # noqa: FBT001  # drawn
        visit = self.pick(which, "DISPUTED")
        assert visit is not None
        disputes.decide(
            dispute_id=Dispute.objects.values_list("pk", flat=True).get(
                handshake_id=self._shook(visit)
            ),
            for_merchant=for_merchant,
            actor_id=uuid4(),
            reason="looked at",
            now=self.now,
        )
        self.oracle.decide(visit, for_merchant=for_merchant)
        happened["decide"] += 1

    @precondition(shook)
    @rule(which=WHICH)
    def approve(self, which: int) -> None:
        visit = self.settled(which)
        assert visit is not None
        due = visit.waits and visit.state == "REDEEMED"
        self.does(
            "approve",
            lambda: disputes.approve_review(
                handshake_id=self._shook(visit), actor_id=uuid4(), reason="fine", now=self.now
            ),
            set() if due else {"UnknownHandshake"},
        )
        if due:
            self.oracle.approve(visit)
