"""Which order a rider means, locked."""

from dataclasses import dataclass
from uuid import UUID

from apps.ondc.errors import RideOrderNotFound, RideOrderNotReady
from apps.ondc.logged import note
from apps.ondc.models import RideOrder
from apps.ondc.outgoing.profiles import RIDES


@dataclass(frozen=True, slots=True)
class Which:
    """A rider's order with one seller of one journey."""

    transaction_id: UUID
    rider_id: UUID
    bpp_id: str
    # What is done about a ride is not done about tickets, nor the other way round.
    domain: str = RIDES

    def lock(self) -> RideOrder:
        """
        Lock the order until the caller's transaction ends.

        Two taps on one button, and a callback that changes the order, wait for each other here.

        Raises:
            RideOrderNotFound: also for another rider's, so that identifiers cannot be probed
        """
        order = (
            RideOrder.objects.select_for_update(no_key=True, of=("self",))
            .select_related("transaction")
            .filter(
                transaction_id=self.transaction_id,
                transaction__rider_id=self.rider_id,
                transaction__domain=self.domain,
                bpp_id=self.bpp_id,
            )
            .first()
        )
        if order is None:
            raise RideOrderNotFound
        note(order.transaction)
        return order

    def lock_numbered(self, *stages: str) -> RideOrder:
        """
        Lock an order that the seller knows by a number.

        Raises:
            RideOrderNotFound
            RideOrderNotReady: it is in another stage, or has no number yet
        """
        order = self.lock()
        if order.stage not in stages or not order.number:
            raise RideOrderNotReady(stage=order.stage)
        return order


def lock_own(*, order_id: UUID, rider_id: UUID) -> RideOrder:
    """
    Lock a rider's order by its own id until the caller's transaction ends.

    Raises:
        RideOrderNotFound: also for another rider's
    """
    order = (
        RideOrder.objects.select_for_update(no_key=True, of=("self",))
        .select_related("transaction")
        .filter(pk=order_id, transaction__rider_id=rider_id)
        .first()
    )
    if order is None:
        raise RideOrderNotFound
    note(order.transaction)
    return order
