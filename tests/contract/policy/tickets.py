"""Metro and bus tickets: a ride is no order of tickets, and what is done about one is not done about the other."""

from uuid import UUID

from tests.contract.policy.actors import riders
from tests.contract.policy.row import Row

NEAR = {"lat": 13.3525, "lng": 74.7926}
NOBODYS = str(UUID(int=1))


def bought(action: str, **more: object) -> Row:
    """A request about an order that is one of a ride, the rider's own or somebody else's."""
    return Row(
        "POST",
        f"/api/ondc/tickets/{action}",
        riders("ride_order_not_found", foreign="ride_order_not_found"),
        lambda objects: {**objects["order"], **more},
    )


TICKETS = [
    Row("GET", "/api/ondc/tickets", riders(200)),
    # Where and what is asked with the address.
    Row("GET", "/api/ondc/tickets/stations", riders("validation_failed")),
    Row("POST", "/api/ondc/tickets/stations", riders(200), {"location": NEAR, "mode": "BUS"}),
    Row(
        "POST",
        "/api/ondc/tickets/search",
        riders("station_not_found"),
        {"fromStationId": NOBODYS, "toStationId": str(UUID(int=2))},
    ),
    Row(
        "GET",
        "/api/ondc/tickets/searches/{transaction_id}",
        riders("search_not_found", foreign="search_not_found"),
    ),
    Row(
        "POST",
        "/api/ondc/tickets/select",
        riders("offer_not_found", foreign="offer_not_found"),
        lambda objects: (
            {
                name: objects["offer"][name]
                for name in ("transactionId", "bppId", "itemId", "fulfillmentId")
            }
            | {"count": 1}
        ),
    ),
    bought("init", customerDetails={"name": "Neha", "phone": "+919812345601"}),
    bought("pay", fare=20),
    bought("confirm"),
    bought("status"),
    bought("cancel"),
    bought("board", ticketId=NOBODYS, vehicleNumber="KA20AB1234"),
    bought("support"),
]
