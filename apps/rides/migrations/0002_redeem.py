"""The one statement of a scan that touches the booking, and room for it on the row's own page."""

from django.db import migrations

# Called inside the handshake's settling statement, which holds the row's lock. A booking that is not
# live makes the whole statement fail: behind the lock and the unique handshake, this is the third guard.
REDEEM = """
CREATE FUNCTION public.rides_redeem(p_booking uuid, p_at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE public.rides_booking
    SET state = 'REDEEMED',
        -- A clock a little behind the one that booked must not undo the order of events.
        status_changed_at = GREATEST(status_changed_at, p_at),
        redeemed_at = GREATEST(booked_at, p_at)
    WHERE id = p_booking AND state = 'BOOKED';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'booking % is not live', p_booking
            USING ERRCODE = 'check_violation', CONSTRAINT = 'rides_redeem_live_only';
    END IF;
END $$;
"""
# A booking is updated once or twice in its life. With room on its page, PostgreSQL logs only the
# columns that changed, which stand last for that reason.
ROOM = "ALTER TABLE public.rides_booking SET (fillfactor = 80);"


class Migration(migrations.Migration):

    dependencies = [("rides", "0001_bookings")]

    operations = [
        migrations.RunSQL(REDEEM, "DROP FUNCTION public.rides_redeem(uuid, timestamptz);"),
        migrations.RunSQL(ROOM, "ALTER TABLE public.rides_booking RESET (fillfactor);"),
    ]
