"""What a fare is made of: amounts as everywhere else, whatever way their seller writes them."""

from uuid import uuid4

import pytest
from django.utils import timezone

from apps.ondc.models import InboundMessage, Quote
from tests.ondc import ours
from tests.rider.riding import Riding

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_network")]


def test_the_lines_of_a_fare_are_read_and_written_as_money() -> None:
    riding, now = Riding(), timezone.now()
    riding.ready()
    told = InboundMessage.objects.create(
        sender=ours.SELLER, unique_key_id="key-1", action="on_init", message_id=str(uuid4()),
        transaction_text=str(riding.journey.pk), digest=uuid4().hex, header="-", state="DONE",
        next_attempt_at=now, received_at=now, handled_at=now,
    )  # fmt: skip
    lines = {
        "BASE_FARE": "1234.5",
        "TOLL_CHARGES": " 030 ",
        "TAX": "0.00",
        "Tip": "-5",
        "Odd": "1e3",
    }
    Quote.objects.create(
        order=riding.order, action="init", price_paise=1_259_50, price_text="1259.5", adds_up=False,
        lines=[{"title": title, "value": value} for title, value in lines.items()],
        message=told, told_at=now,
    )  # fmt: skip

    page = riding.get("")

    assert "<dt>Base fare</dt><dd>₹1,234.50</dd>" in page
    assert "<dt>Toll</dt><dd>₹30</dd>" in page
    assert "<dt>Tip</dt><dd>\N{MINUS SIGN}₹5</dd>" in page
    assert "<dt>Tax</dt>" not in page, "nothing is no line"
    assert "Odd" not in page, "what nobody can read is no amount"
