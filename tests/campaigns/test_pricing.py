"""What a visit costs at most, and the tax on fees."""

from hypothesis import given
from hypothesis import strategies as st

from apps.campaigns.pricing import Gst, gst_on, max_cost_paise

FEES = st.integers(min_value=0, max_value=1_000_000)
RATES = st.integers(min_value=0, max_value=5_000).map(lambda half: half * 2)


def test_the_worked_example_costs_232_rupees_60_at_most() -> None:
    cost = max_cost_paise(
        cap_paise=150_00, cpt_fee_paise=20_00, cpa_fee_paise=50_00, gst_bps=1800, inter_state=False
    )

    assert cost == 15000 + 2000 + 360 + 5000 + 900


def test_the_tax_of_the_worked_example_is_in_two_halves_or_in_one() -> None:
    assert gst_on([20_00, 50_00], gst_bps=1800, inter_state=False) == Gst(630, 630, 0)
    assert gst_on([20_00, 50_00], gst_bps=1800, inter_state=True) == Gst(0, 0, 1260)


def test_the_two_halves_are_equal_for_every_fee_up_to_ten_thousand_rupees() -> None:
    for fee in range(1, 1_000_001, 7):
        tax = gst_on([fee], gst_bps=1800, inter_state=False)
        assert tax.cgst_paise == tax.sgst_paise == (fee * 9 * 2 + 100) // 200


@given(fee=FEES, bps=RATES)
def test_the_halves_are_equal_and_differ_from_the_whole_by_a_paisa_at_most(
    fee: int, bps: int
) -> None:
    split = gst_on([fee], gst_bps=bps, inter_state=False)
    whole = gst_on([fee], gst_bps=bps, inter_state=True)

    assert split.cgst_paise == split.sgst_paise
    assert split.igst_paise == whole.cgst_paise == whole.sgst_paise == 0
    assert abs(split.total_paise - whole.total_paise) <= 1


@given(fees=st.lists(FEES, max_size=5), bps=RATES, inter_state=st.booleans())
def test_each_fee_is_taxed_on_its_own_base(fees: list[int], bps: int, *, inter_state: bool) -> None:
    together = gst_on(fees, gst_bps=bps, inter_state=inter_state)

    apart = [gst_on([fee], gst_bps=bps, inter_state=inter_state) for fee in fees]
    assert together.total_paise == sum(tax.total_paise for tax in apart)


@given(cap=FEES, cpt=FEES, cpa=FEES, bps=RATES, inter_state=st.booleans())
def test_no_visit_costs_more_than_its_maximum(
    cap: int, cpt: int, cpa: int, bps: int, *, inter_state: bool
) -> None:
    cost = max_cost_paise(
        cap_paise=cap, cpt_fee_paise=cpt, cpa_fee_paise=cpa, gst_bps=bps, inter_state=inter_state
    )

    returning = gst_on([cpt], gst_bps=bps, inter_state=inter_state)
    assert cost >= cap + cpt + cpa
    assert cost >= cap + cpt + returning.total_paise
