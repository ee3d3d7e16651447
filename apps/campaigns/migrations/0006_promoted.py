"""What is listed first: an index of boosted deals alone, and the boosted deals within a search."""

import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models

# A few rows of a small index; the area is always given, so that one plan serves every search.
PROMOTED = """
CREATE FUNCTION campaigns_promoted(
    p_area box, p_near point, p_radius float8, p_now timestamptz, p_category text, p_zone text,
    p_cashback bigint, p_open_now boolean, p_rows integer
) RETURNS TABLE (id uuid, campaign_id uuid, outlet_id uuid, listed_at timestamptz,
                 reimbursement_paise bigint, away float8)
LANGUAGE plpgsql STABLE ROWS 9 AS $$
BEGIN
    RETURN QUERY
    SELECT * FROM (
        -- A campaign stands at its nearest outlet only.
        SELECT DISTINCT ON (d.campaign_id) d.id, d.campaign_id, d.outlet_id, d.listed_at,
               d.reimbursement_paise, d.location <-> p_near AS away
          FROM campaigns_deal d
         WHERE d.is_live AND d.boosted_until > p_now
           AND d.location <@ p_area
           AND (p_near IS NULL OR campaigns_metres(d.location, p_near) <= p_radius)
           AND campaigns_deal_matches(d, p_now, p_category, p_zone, p_cashback, p_open_now)
         ORDER BY d.campaign_id, away, d.id) one
     ORDER BY one.away, one.listed_at DESC, one.id DESC
     LIMIT p_rows;
END
$$
"""


class Migration(migrations.Migration):
    # An index beside traffic is built outside a transaction.
    atomic = False

    dependencies = [("campaigns", "0005_boosts")]

    operations = [
        ValidateConstraint("campaign", "campaigns_campaign_pause_has_reason"),
        ValidateConstraint("feeschedule", "campaigns_fees_boost_in_range"),
        AddIndexConcurrently(
            model_name="deal",
            index=django.contrib.postgres.indexes.GistIndex(
                condition=models.Q(("boosted_until__isnull", False), ("is_live", True)),
                fields=["location"],
                name="campaigns_deal_boosted",
            ),
        ),
        migrations.RunSQL(
            PROMOTED,
            "DROP FUNCTION campaigns_promoted(box, point, float8, timestamptz, text, text, bigint,"
            " boolean, integer)",
        ),
    ]
