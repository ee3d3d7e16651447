"""A fee is taxed by where its seller is registered, and settlements leave as a table that runs no formula."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from apps.accounts.selectors import trail
from apps.ondc import dues, services
from apps.ondc.errors import JourneyLogEmpty, RegistrationInvalid, SettlementReasonMissing
from apps.ondc.models import SellerRegistration, Settlement
from apps.wallet import codes, invariants
from apps.wallet import selectors as ledger
from tests.accounts.making import at_the_desk, make_operator
from tests.factories import make_zone
from tests.ondc.network import Journey, clock
from uma.kernel.ids import new_id

pytestmark = pytest.mark.django_db
SELLER = "bpp.example.in"
# The zone's platform is registered in Karnataka.
HERE, ELSEWHERE = "29AAACU1234A1ZW", "27AAACU1234A1Z0"


def due(number: str = "O1", *, fee_paise: int = 1_46, bpp_id: str = SELLER) -> Settlement:
    make_zone("MNP", now=clock())
    return Settlement.objects.create(
        zone_code="MNP", domain="ONDC:TRV10", bpp_id=bpp_id, number=number, payment_id="PA1",
        collected_by="BPP", fare_paise=146_00, fee_bps=100, fee_paise=fee_paise, due_at=clock(),
    )  # fmt: skip


def register(row: Settlement, gstin: str = HERE, *, days: int = 0) -> SellerRegistration:
    return services.register_seller(
        settlement_id=row.pk, legal_name="Seller Ltd", gstin=gstin,
        effective_from=clock() - timedelta(days=days), actor_id=new_id(), reason="its papers",
        now=clock(),
    )  # fmt: skip


def platform() -> dict[str, int]:
    names = ("finder_fee", "gst_cgst", "gst_sgst", "gst_igst")
    found = {name: codes.zone_account("MNP", name) for name in names}
    balances = ledger.balances_paise(codes=list(found.values()), unopened=True)
    return {name: balances[code] for name, code in found.items()}


@pytest.mark.parametrize("gross_paise", [*range(1, 260), 4_999, 99_999, 1_000_000])
def test_a_fee_and_its_tax_are_what_was_agreed_and_the_halves_are_equal(gross_paise: int) -> None:
    net, within = dues.split(gross_paise, intra_state=True)
    other, between = dues.split(gross_paise, intra_state=False)

    assert net + within.total_paise == gross_paise == other + between.total_paise
    assert within.cgst_paise == within.sgst_paise
    assert (within.igst_paise, between.cgst_paise) == (0, 0)
    assert abs(within.total_paise - between.total_paise) <= 1


def test_a_seller_of_our_state_is_taxed_by_halves_and_one_of_another_or_unknown_between_states() -> (
    None
):
    here, there, unknown = due("O1"), due("O2", bpp_id="b2"), due("O3", bpp_id="b3")
    register(here)
    register(there, ELSEWHERE)

    assert services.book_fees(now=clock()) == 3

    # Posting 14 of product rule 2.6, once by halves and twice between states.
    assert platform() == {"finder_fee": 3 * 124, "gst_cgst": 11, "gst_sgst": 11, "gst_igst": 44}
    assert list(Settlement.objects.order_by("number").values_list("intra_state", flat=True)) == [
        True, False, False,
    ]  # fmt: skip
    assert unknown.bpp_id == "b3"
    assert invariants.find_custody_shortfall() == []


def test_what_was_booked_between_states_is_taken_back_so_after_the_papers_came() -> None:
    row = due()
    services.book_fees(now=clock())
    register(row)
    row.refresh_from_db()
    assert dues._change(row, fare_paise=292_00, fee_paise=2_92)

    assert services.book_fees(now=clock()) == 1

    assert platform() == {
        "finder_fee": 2_92 - 2 * 22,
        "gst_cgst": 22,
        "gst_sgst": 22,
        "gst_igst": 0,
    }


def test_the_last_registration_that_has_begun_counts() -> None:
    row = due()
    register(row, ELSEWHERE, days=3)
    register(row, HERE, days=2)
    register(row, ELSEWHERE, days=-1)

    services.book_fees(now=clock())

    row.refresh_from_db()
    assert row.intra_state


def test_a_registration_that_cannot_be_true_is_refused() -> None:
    row = due()
    with pytest.raises(RegistrationInvalid, match="check digit"):
        register(row, HERE[:-1] + "1")
    first = register(row)
    with pytest.raises(RegistrationInvalid, match="instant"):
        services.register_seller(
            settlement_id=row.pk, legal_name="X", gstin=HERE, effective_from=first.effective_from,
            actor_id=new_id(), reason="again", now=clock(),
        )  # fmt: skip

    for change, constraint in (
        ({"gstin": "29"}, "ondc_seller_registration_whole"),
        ({"effective_from": first.effective_from}, "ondc_seller_registration_once_from"),
    ):
        facts = {"bpp_id": SELLER, "legal_name": "X", "gstin": HERE, "effective_from": clock()}
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            SellerRegistration.objects.create(**facts | change, recorded_at=clock())
    with (
        pytest.raises(IntegrityError, match="ondc_seller_registration_append_only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE ondc_sellerregistration SET legal_name = 'Y'")


def test_a_table_holds_rupees_and_paise_and_starts_no_formula() -> None:
    rows = [due('=HYPERLINK("http://x")'), due("+1"), due("@SUM(A1)"), due("-2+3"), due("a,b\n=1")]
    services.book_fees(now=clock())
    operator = make_operator("finance")

    with pytest.raises(SettlementReasonMissing):
        services.export_settlements(ids=[rows[0].pk], actor_id=operator.pk, reason=" ", now=clock())
    table = services.export_settlements(
        ids=[row.pk for row in rows], actor_id=operator.pk, reason="the auditor", now=clock()
    )

    found = list(csv.DictReader(io.StringIO(table.decode(), newline="")))
    assert [row["order"] for row in found] == [
        '\'=HYPERLINK("http://x")', "'+1", "'@SUM(A1)", "'-2+3", "a,b\n=1",
    ]  # fmt: skip
    first = found[0]
    assert (first["fare_rupees"], first["fare_paise"]) == ("146.00", "14600")
    assert (first["fee_rupees"], first["taxable_paise"], first["igst_rupees"]) == (
        "1.46", "124", "0.22",
    )  # fmt: skip
    assert (first["to_move_rupees"], first["booked_paise"], first["fee_percent"]) == (
        "1.46", "146", "1.00",
    )  # fmt: skip
    (event,) = trail(object_ids=[str(rows[0].pk)])
    assert (event.action, event.reason) == ("ondc-settlement.exported", "the auditor")


def test_the_desk_answers_a_table_and_a_log_as_files_and_asks_why(journey: Journey) -> None:
    journey.reach("ACTIVE")
    row = due()
    client = at_the_desk(make_operator("finance"))
    page = reverse("admin:ondc_settlement_changelist")
    form = {"action": "export_selected", "_selected_action": [str(row.pk)], "reason": "audit"}

    asked = client.post(page, form)
    assert "Take these settlements out" in asked.content.decode()
    table = client.post(page, form | {"confirmed": "yes"})
    assert table.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "no-store" in table.headers["Cache-Control"]
    assert table.content.count(b"\r\n") == 2

    log = at_the_desk(make_operator("administrator")).post(
        reverse("admin:ondc_transaction_changelist"),
        {
            "action": "take_log", "_selected_action": [str(journey.search.transaction_id)],
            "reason": "a dispute", "confirmed": "yes",
        },
    )  # fmt: skip
    assert log.content.startswith(b"PK")
    with pytest.raises(JourneyLogEmpty):
        services.take_journey_log(
            transaction_id=new_id(), actor_id=new_id(), reason="x", now=clock()
        )
