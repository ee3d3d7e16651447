"""The statement that settles a scan."""

from pathlib import Path

from django.db import migrations

SETTLE = (Path(__file__).resolve().parent.parent / "sql" / "0002_settle.sql").read_text(
    encoding="utf-8"
)


class Migration(migrations.Migration):
    dependencies = [
        ("handshake", "0001_initial"),
        ("merchants", "0002_record_first_visit"),
        ("rides", "0002_redeem"),
        ("wallet", "0002_guards_and_rules"),
    ]

    operations = [
        migrations.RunSQL(
            SETTLE,
            "DROP FUNCTION handshake_settle(uuid, uuid, uuid, uuid, uuid, uuid, text, uuid, timestamptz,"
            " boolean, integer, bigint, integer, text, bytea, jsonb, jsonb);",
        )
    ]
