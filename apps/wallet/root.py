"""
One digest for the whole ledger, so that two files can prove that they were taken of the same books.

A hash tree of two levels: accounts fall into buckets by the end of their id, so that no level is larger than
memory; a leaf is `code|balance|version`, and the version of an account counts its movements.
"""

from typing import Any

import psycopg

_ROOT = """
    SELECT encode(sha256(convert_to(coalesce(string_agg(leaves, '' ORDER BY bucket), ''), 'UTF8')), 'hex')
      FROM (SELECT right(id::text, 3) AS bucket,
                   encode(sha256(convert_to(string_agg(
                       code || '|' || coalesce(balance_paise::text, '') || '|' || version,
                       chr(10) ORDER BY code), 'UTF8')), 'hex') AS leaves
              FROM public.wallet_account GROUP BY 1) AS tree
"""


def root(snapshot: "psycopg.Connection[Any]") -> str:  # Any: rows of any shape
    """Return the root, in hex, of the accounts as the given connection sees them now."""
    found = snapshot.execute(_ROOT).fetchone()
    assert found is not None
    return str(found[0])
