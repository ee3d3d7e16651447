"""The one function by which a table refuses: an integrity error under the name of the rule."""

from django.db import migrations

# As a CHECK would say it, so that a caller tells rules apart without reading sentences.
REFUSE = """
CREATE FUNCTION public.uma_refuse() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: %', TG_OP, TG_TABLE_NAME, TG_ARGV[0]
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0], TABLE = TG_TABLE_NAME;
END $$;
"""


class Migration(migrations.Migration):

    initial = True

    dependencies = []

    operations = [migrations.RunSQL(REFUSE, 'DROP FUNCTION public.uma_refuse();')]
