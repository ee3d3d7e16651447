"""Make hordak's tables and accounts, in a process of its own: the platform's looks at its tables know none of them."""

import json
import sys
from datetime import UTC, datetime

import django
from django.core.management import call_command
from django.db import connection

_ACCOUNTS = """
    INSERT INTO hordak_account (uuid, name, type, is_bank_account, currencies, lft, rght, tree_id, level)
    SELECT gen_random_uuid(), owner.id, owner.type, false, '["INR"]', 1, 2, owner.place, 0
      FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS owner (id, type, place)
"""
_PURSES = """
    INSERT INTO hordak_books_purse (owner_id, account_id) SELECT name, id FROM hordak_account
"""


def main(shops: list[str], riders: list[str], funds_paise: int) -> None:
    """Give every shop, rider and fee its account; the shops are funded."""
    from benchmarks.hordak_books.models import Purse  # noqa: PLC0415  # after the settings
    from benchmarks.hordak_books.views import FEES, post  # noqa: PLC0415  # as above

    call_command("migrate", "hordak", verbosity=0, skip_checks=True)
    with connection.schema_editor() as editor:
        editor.create_model(Purse)
    kinds = {"bank": "AS", **dict.fromkeys(FEES, "IN"), **dict.fromkeys([*shops, *riders], "LI")}
    with connection.cursor() as cursor:
        cursor.execute(_ACCOUNTS, [list(kinds), list(kinds.values())])
        cursor.execute(_PURSES)
    accounts = {one.owner_id: one.account for one in Purse.objects.select_related("account")}
    today = datetime.now(UTC).date()
    for shop in shops:
        legs = [(accounts["bank"], -funds_paise), (accounts[shop], funds_paise)]
        post(today, f"top-up of {shop}", legs)


if __name__ == "__main__":
    django.setup()
    main(**json.load(sys.stdin))
