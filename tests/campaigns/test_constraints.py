"""What the database refuses by itself, even to raw SQL."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from apps.campaigns.guards import ALL
from apps.campaigns.models import Allotment, Deal, FeeSchedule, Revision
from tests.campaigns.making import make_campaign, take
from tests.merchants.making import NOON

pytestmark = pytest.mark.django_db


def broken_by(sql: str, *params: Any) -> str | None:
    """Return the constraint that refuses the statement."""
    with (
        pytest.raises(IntegrityError) as refusal,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql, params)
    cause: Any = refusal.value.__cause__  # Any: psycopg's error with its diagnostics
    name: str | None = cause.diag.constraint_name
    return name


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("state = 'SLEEPING'", "campaigns_campaign_state_known"),
        ("pause_reason = 'merchant'", "campaigns_campaign_pause_has_reason"),
        ("state = 'PAUSED'", "campaigns_campaign_pause_has_reason"),
        ("state = 'PAUSED', pause_reason = 'mood'", "campaigns_campaign_pause_has_reason"),
        ("suspended_for = 'fraud'", "campaigns_campaign_suspended_for_known"),
        ("state = 'SUSPENDED', suspended_for = 'mood'", "campaigns_campaign_suspended_for_known"),
        ("discount_bps = 10001", "campaigns_campaign_discount_in_range"),
        ("cap_paise = -1", "campaigns_campaign_money_in_range"),
        ("deductible_paise = -1, basis = 'deductible'", "campaigns_campaign_money_in_range"),
        ("cpt_fee_paise = -1", "campaigns_campaign_money_in_range"),
        ("cpa_fee_paise = -1", "campaigns_campaign_money_in_range"),
        ("gst_bps = 10001", "campaigns_campaign_money_in_range"),
        ("ends_at = starts_at", "campaigns_campaign_ends_after_start"),
        ("basis = 'half'", "campaigns_campaign_basis_known"),
        ("deductible_paise = 1", "campaigns_campaign_basis_known"),
    ],
)
def test_a_campaign_row_out_of_range_is_refused(change: str, constraint: str) -> None:
    campaign = make_campaign()

    assert broken_by(
        f"UPDATE campaigns_campaign SET {change} WHERE id = %s", campaign.pk
    ) == constraint  # fmt: skip


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("seats_taken = 6", "campaigns_allotment_not_oversold"),
        ("budget_paise = committed_paise - 1", "campaigns_allotment_not_overspent"),
        ("seats_taken = -1", "campaigns_allotment_never_negative"),
        ("committed_paise = -1", "campaigns_allotment_never_negative"),
    ],
)
def test_an_allotment_out_of_range_is_refused(change: str, constraint: str) -> None:
    campaign = make_campaign(seats=5)
    take(campaign, uuid4())

    assert broken_by(
        f"UPDATE campaigns_allotment SET {change} WHERE campaign_id = %s AND scope = 'all'",
        campaign.pk,
    ) == constraint  # fmt: skip


def test_a_campaign_has_one_allotment_for_each_scope() -> None:
    campaign = make_campaign()

    with pytest.raises(IntegrityError, match="campaigns_allotment_once_per_scope"):
        Allotment.objects.create(campaign=campaign, scope=ALL)


def test_a_campaign_is_listed_once_at_each_outlet() -> None:
    deal = Deal.objects.get(campaign=make_campaign())
    deal.pk = uuid4()

    with pytest.raises(IntegrityError, match="campaigns_deal_once_per_outlet"):
        deal.save(force_insert=True)


def test_a_revision_number_is_given_once() -> None:
    campaign = make_campaign()

    with pytest.raises(IntegrityError, match="campaigns_revision_number_once"):
        Revision.objects.create(campaign=campaign, number=1, terms={}, at=NOON)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE campaigns_revision SET terms = '{}'",
        "DELETE FROM campaigns_revision",
        "SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE campaigns_revision",
    ],
)
def test_a_revision_is_never_changed_or_deleted(sql: str) -> None:
    make_campaign()

    with (
        pytest.raises(DatabaseError, match="campaigns_revision_append_only"),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


def test_fees_are_set_once_for_an_instant() -> None:
    make_campaign()
    fees = FeeSchedule.objects.get()
    fees.pk = None

    with pytest.raises(IntegrityError, match="campaigns_fees_one_per_instant"):
        fees.save(force_insert=True)


@pytest.mark.parametrize("change", ["cpt_fee_paise = -1", "cpa_fee_paise = -1", "gst_bps = 10001"])
def test_fees_out_of_range_are_refused(change: str) -> None:
    make_campaign()

    assert broken_by(f"UPDATE campaigns_feeschedule SET {change}") == "campaigns_fees_in_range"
