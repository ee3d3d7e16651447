"""The worked entries of product rule 2.6, and what must hold for every price."""

import dataclasses
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.campaigns.pricing import max_cost_paise
from apps.handshake import pricing

MERCHANT = UUID(int=1)
RIDER = UUID(int=2)


@dataclasses.dataclass(frozen=True)
class Terms:
    merchant_id: UUID = MERCHANT
    rider_id: UUID = RIDER
    zone_code: str = "MNP"
    basis: str = "flat"
    cap_paise: int = 150_00
    deductible_paise: int = 0
    fare_paise: int | None = None
    cpt_fee_paise: int = 20_00
    cpa_fee_paise: int = 50_00
    gst_bps: int = 1800
    inter_state: bool = False

    @property
    def max_cost_paise(self) -> int:
        return max_cost_paise(
            cap_paise=self.cap_paise,
            cpt_fee_paise=self.cpt_fee_paise,
            cpa_fee_paise=self.cpa_fee_paise,
            gst_bps=self.gst_bps,
            inter_state=self.inter_state,
        )


def credited(settlement: pricing.Settlement) -> dict[str, int]:
    return {leg.credit.split(":")[-1]: leg.amount_paise for leg in settlement.legs}


def test_a_new_customer_with_a_capped_fare_is_posted_as_entry_3() -> None:
    terms = Terms(basis="actual_capped", fare_paise=132_00)

    price = pricing.settlement(terms, is_new=True, parked=False)

    assert terms.max_cost_paise == 232_60
    assert credited(price) == {
        "wallet": 132_00,
        "cpt": 20_00,
        "cpa": 50_00,
        "gst_cgst": 6_30,
        "gst_sgst": 6_30,
        "released": 18_00,
    }
    assert price.merchant_debit_paise == 214_60


def test_a_returning_customer_with_a_flat_deal_is_posted_as_entry_3b() -> None:
    price = pricing.settlement(Terms(cpa_fee_paise=0), is_new=False, parked=False)

    assert credited(price) == {"wallet": 150_00, "cpt": 20_00, "gst_cgst": 1_80, "gst_sgst": 1_80}
    assert price.merchant_debit_paise == 173_60


def test_between_two_states_the_tax_is_integrated_as_entry_3c() -> None:
    price = pricing.settlement(Terms(inter_state=True), is_new=True, parked=False)

    assert credited(price)["gst_igst"] == 12_60
    assert "gst_cgst" not in credited(price)


def test_a_reviewed_visit_parks_the_reimbursement_as_entry_3d() -> None:
    price = pricing.settlement(Terms(), is_new=True, parked=True)

    assert price.legs[0].credit == f"rider:{RIDER}:parked"
    assert price.legs[0].amount_paise == 150_00


@pytest.mark.parametrize(
    ("basis", "deductible", "fare", "expected"),
    [
        ("flat", 0, None, 150_00),
        ("flat", 0, 40_00, 150_00),
        ("actual_capped", 0, 132_00, 132_00),
        ("actual_capped", 0, 150_00, 150_00),
        ("actual_capped", 0, 150_01, 150_00),
        ("actual_capped", 0, 0, 0),
        ("actual_capped", 0, None, 150_00),
        ("deductible", 30_00, 30_00, 0),
        ("deductible", 30_00, 29_99, 0),
        ("deductible", 30_00, 30_01, 1),
        ("deductible", 30_00, 200_00, 150_00),
        ("deductible", 30_00, None, 150_00),
    ],
)
def test_the_reimbursement_follows_the_shape_of_the_deal(
    basis: str, deductible: int, fare: int | None, expected: int
) -> None:
    terms = Terms(basis=basis, deductible_paise=deductible, fare_paise=fare)

    assert pricing.reimbursement_paise(terms) == expected
    assert pricing.fare_is_owed(terms) is (basis != "flat" and fare is None)


@given(
    cap=st.integers(0, 500_00),
    fare=st.none() | st.integers(0, 1_000_00),
    deductible=st.integers(0, 100_00),
    basis=st.sampled_from(["flat", "actual_capped", "deductible"]),
    cpt=st.integers(0, 1_000_00),
    cpa=st.integers(0, 1_000_00),
    inter_state=st.booleans(),
    is_new=st.booleans(),
)
def test_the_legs_sum_to_the_hold_and_the_parts_to_the_debit(
    *,
    cap: int,
    fare: int | None,
    deductible: int,
    basis: str,
    cpt: int,
    cpa: int,
    inter_state: bool,
    is_new: bool,
) -> None:
    terms = Terms(
        basis=basis,
        cap_paise=cap,
        fare_paise=fare,
        deductible_paise=deductible,
        cpt_fee_paise=cpt,
        cpa_fee_paise=cpa,
        inter_state=inter_state,
    )

    price = pricing.settlement(terms, is_new=is_new, parked=False)

    assert sum(leg.amount_paise for leg in price.legs) == terms.max_cost_paise
    assert all(leg.amount_paise > 0 for leg in price.legs)
    assert price.merchant_debit_paise + price.released_paise == terms.max_cost_paise
    assert {leg.debit for leg in price.legs} <= {f"merchant:{MERCHANT}:held"}
