"""The function that decides who is new: called inside the handshake's one statement."""

from django.db import migrations

CREATE = """
CREATE FUNCTION merchants_record_first_visit(
    p_merchant uuid, p_person uuid, p_booking uuid, p_at timestamptz
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    -- The insert decides, not a count: of two scans at once, the second waits here for the first.
    INSERT INTO merchants_firstvisit (merchant_id, person_id, booking_id, at)
    VALUES (p_merchant, p_person, p_booking, p_at)
    ON CONFLICT (merchant_id, person_id) DO NOTHING;
    RETURN FOUND;
END
$$
"""
DROP = "DROP FUNCTION merchants_record_first_visit(uuid, uuid, uuid, timestamptz)"


class Migration(migrations.Migration):
    dependencies = [("merchants", "0001_zones_merchants_outlets_staff")]

    operations = [migrations.RunSQL(CREATE, DROP)]
