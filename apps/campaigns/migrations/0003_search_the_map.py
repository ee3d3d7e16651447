"""The map's search: what matches, and the nearest of it in the index's own order."""

from django.db import migrations

# One expression, so that PostgreSQL puts it into the statement that calls it.
MATCHES = """
CREATE FUNCTION campaigns_deal_matches(
    d campaigns_deal, p_now timestamptz, p_category text, p_zone text, p_cashback bigint,
    p_open_now boolean
) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT d.starts_at <= p_now AND (d.ends_at IS NULL OR d.ends_at > p_now)
       AND (p_category IS NULL OR d.category = p_category)
       AND (p_zone IS NULL OR d.zone_code = p_zone)
       AND (p_cashback IS NULL OR d.reimbursement_paise >= p_cashback)
       AND (NOT p_open_now OR d.open_week IS NULL OR d.open_week @> (
             (extract(isodow FROM p_now AT TIME ZONE d.timezone)::int - 1) * 1440
             + extract(hour FROM p_now AT TIME ZONE d.timezone)::int * 60
             + extract(minute FROM p_now AT TIME ZONE d.timezone)::int))
$$
"""
# Metres on the mean sphere (haversine), as `uma.kernel.geo.distance_m` without its rounding.
METRES = """
CREATE FUNCTION campaigns_metres(a point, b point) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
    SELECT 2 * 6371008.8 * asin(least(1, sqrt(
             sin(radians(a[1] - b[1]) / 2) ^ 2
             + cos(radians(a[1])) * cos(radians(b[1])) * sin(radians(a[0] - b[0]) / 2) ^ 2)))
$$
"""
# The planner believes that any circle holds a thousandth of the table and would then read all of it and
# sort. The index gives the rows in order and stops at the page's end or the circle's edge, whichever
# comes first; with sorts and bitmaps out of the way that is the only plan left.
NEAREST = """
CREATE FUNCTION campaigns_nearest(
    p_near point, p_circle circle, p_radius float8, p_box box, p_now timestamptz, p_category text,
    p_zone text, p_cashback bigint, p_open_now boolean, p_least float8, p_rows integer
) RETURNS TABLE (id uuid, campaign_id uuid, outlet_id uuid, listed_at timestamptz, away float8)
LANGUAGE plpgsql STABLE ROWS 40 SET enable_sort = off SET enable_bitmapscan = off AS $$
BEGIN
    RETURN QUERY
    SELECT d.id, d.campaign_id, d.outlet_id, d.listed_at, d.location <-> p_near
      FROM campaigns_deal d
     WHERE d.is_live
       AND d.location <@ p_circle
       AND d.location <-> p_near >= p_least
       AND (p_box IS NULL OR d.location <@ p_box)
       AND campaigns_metres(d.location, p_near) <= p_radius
       AND campaigns_deal_matches(d, p_now, p_category, p_zone, p_cashback, p_open_now)
       -- A campaign stands at its nearest outlet only.
       AND (d.is_alone OR NOT EXISTS (
             SELECT FROM campaigns_deal s
              WHERE s.campaign_id = d.campaign_id AND s.is_live
                AND (p_box IS NULL OR s.location <@ p_box)
                AND campaigns_deal_matches(s, p_now, p_category, p_zone, p_cashback, p_open_now)
                AND (s.location <-> p_near, s.id) < (d.location <-> p_near, d.id)))
     ORDER BY d.location <-> p_near
     LIMIT p_rows;
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0002_take_and_give_back")]

    operations = [
        migrations.RunSQL(
            MATCHES,
            "DROP FUNCTION campaigns_deal_matches"
            "(campaigns_deal, timestamptz, text, text, bigint, boolean)",
        ),
        migrations.RunSQL(METRES, "DROP FUNCTION campaigns_metres(point, point)"),
        migrations.RunSQL(
            NEAREST,
            "DROP FUNCTION campaigns_nearest(point, circle, float8, box, timestamptz, text, text,"
            " bigint, boolean, float8, integer)",
        ),
    ]
