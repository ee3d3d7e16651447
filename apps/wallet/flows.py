"""What a merchant paid and got back in a period, by kinds: the sums that invoices are made of."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from apps.wallet import codes as account_codes


@dataclass(frozen=True, slots=True)
class Flow:
    """
    Movements of one kind of journal between a merchant and one kind of account.

    `amount_paise` is signed, positive when the merchant paid; so is `count`. With a `unit_paise` each of
    them carried that much; without one they are of any size. `integrated` says that the journal (or the
    one it reverses, whose mirror it is) carried integrated tax, so that it was a sale between states.
    """

    journal_kind: str
    account_kind: str
    integrated: bool
    unit_paise: int | None
    count: int
    amount_paise: int


@dataclass(frozen=True, slots=True)
class ReversalJournal:
    """A journal that took back a part of an earlier one, and when each of the two happened."""

    journal_id: UUID
    kind: str
    zone_code: str
    event_at: datetime
    merchant_id: UUID
    reversed_at: datetime


# `moved` is what left the merchant's purses (+1) or came back to them (-1), by the account on the other
# side. A merchant's purses are few, and each has an index of its movements.
_MOVED = """
WITH purses AS MATERIALIZED (
    SELECT id FROM public.wallet_account WHERE code = ANY(%(purses)s)
), moved AS (
    SELECT t.journal_id, a.kind, t.amount_paise, 1 AS sign
      FROM public.wallet_transfer t JOIN public.wallet_account a ON a.id = t.credit_account_id
     WHERE t.debit_account_id IN (SELECT id FROM purses) AND a.kind = ANY(%(kinds)s)
    UNION ALL
    SELECT t.journal_id, a.kind, t.amount_paise, -1
      FROM public.wallet_transfer t JOIN public.wallet_account a ON a.id = t.debit_account_id
     WHERE t.credit_account_id IN (SELECT id FROM purses) AND a.kind = ANY(%(kinds)s)
), happened AS (
    SELECT m.*, j.kind AS journal_kind,
           bool_or(m.kind = 'gst_igst') OVER (PARTITION BY m.journal_id) AS integrated
      FROM moved m
      JOIN public.wallet_journal j ON j.id = m.journal_id
      LEFT JOIN public.wallet_journal o ON o.id = j.reverses_id
     WHERE {which}
)
SELECT journal_kind, kind, integrated,
       CASE WHEN kind = ANY(%(priced)s) THEN amount_paise END AS unit_paise,
       sum(sign), sum(sign * amount_paise)
  FROM happened
 GROUP BY 1, 2, 3, 4
 ORDER BY 1, 2, 3, 4
"""
_IN_PERIOD = (
    "j.kind = ANY(%(journals)s) AND j.zone_code = %(zone)s"
    " AND j.event_at >= %(since)s AND j.event_at < %(until)s"
    " AND (NOT %(closed)s OR coalesce(o.event_at >= %(since)s, true))"
)
_OF_JOURNAL = "j.id = %(journal)s"


def merchant_flows(
    *,
    merchant_id: UUID,
    zone_code: str,
    since: datetime,
    until: datetime,
    journal_kinds: Collection[str],
    account_kinds: Collection[str],
    priced_kinds: Collection[str] = (),
    closed: bool,
) -> list[Flow]:
    """
    Sum what a merchant paid to, and got back from, these kinds of accounts: since ≤ event < until.

    Movements with accounts of `priced_kinds` are told apart by their amounts. With `closed`, a reversal
    counts only when what it reverses lies in the period (or later) too.
    """
    return _flows(
        _IN_PERIOD,
        merchant_id,
        zone=zone_code,
        since=since,
        until=until,
        journals=list(journal_kinds),
        kinds=list(account_kinds),
        priced=list(priced_kinds),
        closed=closed,
    )


def journal_flows(
    *,
    merchant_id: UUID,
    journal_id: UUID,
    account_kinds: Collection[str],
    priced_kinds: Collection[str] = (),
) -> list[Flow]:
    """Sum what a merchant paid and got back in one journal, as `merchant_flows` does for a period."""
    return _flows(
        _OF_JOURNAL,
        merchant_id,
        journal=journal_id,
        kinds=list(account_kinds),
        priced=list(priced_kinds),
    )


def _flows(which: str, merchant_id: UUID, **facts: Any) -> list[Flow]:  # Any: SQL values
    purses = [account_codes.merchant_wallet(merchant_id), account_codes.merchant_held(merchant_id)]
    with connection.cursor() as cursor:
        # `which` is one of two constants above; values travel as arguments.
        cursor.execute(_MOVED.format(which=which), {"purses": purses, **facts})
        rows = cursor.fetchall()
    return [
        Flow(kind, account, integrated, unit_paise, int(count), int(paise))
        for kind, account, integrated, unit_paise, count, paise in rows
    ]


def reversal_journals(
    *, kinds: Collection[str], account_kinds: Collection[str], since: datetime
) -> list[ReversalJournal]:
    """
    Return the reversals that paid a merchant back from these kinds of accounts, posted since an instant.

    The oldest event first.

    Found through the index of reversals, of which there are few.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT j.id, j.kind, j.zone_code, j.event_at,"
            "       substr(a.party, 10)::uuid, o.event_at"
            "  FROM public.wallet_journal j"
            "  JOIN public.wallet_journal o ON o.id = j.reverses_id"
            "  JOIN public.wallet_transfer t ON t.journal_id = j.id"
            "  JOIN public.wallet_account a ON a.id = t.credit_account_id"
            "  JOIN public.wallet_account d ON d.id = t.debit_account_id"
            " WHERE j.reverses_id IS NOT NULL AND j.kind = ANY(%s) AND j.created_at >= %s"
            "   AND a.kind = 'merchant_wallet' AND d.kind = ANY(%s)"
            " ORDER BY j.event_at, j.id",
            [list(kinds), since, list(account_kinds)],
        )
        return [ReversalJournal(*row) for row in cursor.fetchall()]
