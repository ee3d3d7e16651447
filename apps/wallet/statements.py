"""An account's movements as its owner reads them: page by page, or a period between two balances."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from apps.wallet.errors import UnknownAccount
from apps.wallet.models import Account


@dataclass(frozen=True, slots=True)
class StatementLine:
    """
    One movement of an account: `delta_paise` is signed, positive when the balance grows.

    `counter_kind` is the kind of the account on the other side; `hold_id` is the booking's, where the
    posting was about one.
    """

    version: int
    transfer_id: UUID
    journal_id: UUID
    kind: str
    reference: str
    memo: str
    counter_code: str
    delta_paise: int
    balance_after_paise: int
    event_at: datetime
    counter_kind: str
    hold_id: UUID | None

    @property
    def balance_before_paise(self) -> int:
        return self.balance_after_paise - self.delta_paise


@dataclass(frozen=True, slots=True)
class Statement:
    """
    A period of an account: opening + Σ deltas = closing, and each line's balance follows from the one before.

    Lines stand in the order of their events, so an event that was posted late stands where it belongs.
    `cut_short` says that there are more lines than were asked for; the closing is then the last one's.
    """

    opening_paise: int
    lines: list[StatementLine]
    closing_paise: int
    cut_short: bool = False


# One account's entries with what their journals say; the signed amount is positive when the balance grows.
_ENTRIES = (
    "SELECT e.version, e.transfer_id, e.journal_id, j.kind, j.reference, j.memo, c.code,"
    "       CASE e.side WHEN %(side)s THEN e.amount_paise ELSE -e.amount_paise END AS delta_paise,"
    "       e.after_paise, j.event_at, c.kind AS counter_kind, j.hold_id"
    "  FROM public.wallet_entry e"
    "  JOIN public.wallet_journal j ON j.id = e.journal_id"
    "  JOIN public.wallet_account c ON c.id = e.counter_account_id"
    " WHERE e.account_id = %(account)s"
)
_COLUMNS = (
    "version, transfer_id, journal_id, kind, reference, memo, code, delta_paise, after_paise, event_at,"
    " counter_kind, hold_id"
)


def statement(
    *,
    code: str,
    limit: int,
    before_version: int | None = None,
    kinds: Collection[str] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    unopened: bool = False,
) -> list[StatementLine]:
    """
    Return an account's newest movements first, at most `limit`, older than `before_version`.

    Narrowed to these kinds of journals, and to events with since ≤ event < until. Only for accounts that
    keep a balance: the others' movements have no order of their own. With `unopened`, an account that
    nobody has opened yet has no movements instead of being unknown.

    Raises:
        UnknownAccount
    """
    account = Account.objects.filter(code=code).first()
    if account is None:
        if unopened:
            return []
        raise unknown(code)
    assert account.keeps_balance
    facts: dict[str, object] = {"before": before_version, "limit": limit}
    narrowed = " AND e.version < coalesce(%(before)s, 9223372036854775807)"
    if kinds:
        narrowed += " AND j.kind = ANY(%(kinds)s)"
        facts["kinds"] = list(kinds)
    if since is not None:
        narrowed += " AND j.event_at >= %(since)s"
        facts["since"] = since
    if until is not None:
        narrowed += " AND j.event_at < %(until)s"
        facts["until"] = until
    rows = _fetch(f"{_ENTRIES}{narrowed} ORDER BY e.version DESC LIMIT %(limit)s", account, facts)
    return [StatementLine(*row) for row in rows]


def statement_between(
    *,
    code: str,
    since: datetime,
    until: datetime,
    most_lines: int | None = None,
    unopened: bool = False,
) -> Statement:
    """
    Return a period's movements, oldest first, with the balances before and after: since ≤ event < until.

    With `unopened`, an account that nobody has opened yet has an empty period.

    Raises:
        UnknownAccount
    """
    account = Account.objects.filter(code=code).first()
    if account is None:
        if unopened:
            return Statement(0, [], 0)
        raise unknown(code)
    assert account.keeps_balance
    facts: dict[str, object] = {
        "since": since,
        "until": until,
        # One more tells that there are more; null is no limit.
        "most": None if most_lines is None else most_lines + 1,
    }
    # What lies beyond the edges is older or younger than the period for ever; what is posted between the two
    # reads comes behind both edges, and the second read sees all of that.
    facts |= _edges(account, since=since, until=until)
    # One statement, so one snapshot: what is posted meanwhile is in both sums or in neither.
    opening_paise, *_ = (first := _fetch(_PERIOD, account, facts))[0]
    rows = [row[1:] for row in first if row[1] is not None]
    lines: list[StatementLine] = []
    balance_paise = int(opening_paise)
    for row in rows[:most_lines]:
        line = StatementLine(*row)
        balance_paise += line.delta_paise
        lines.append(replace(line, balance_after_paise=balance_paise))
    return Statement(int(opening_paise), lines, balance_paise, cut_short=len(rows) > len(lines))


# A posting is stamped by the database and dated by the event that it is about. Nearly all are dated within
# this of their stamp; those that are not have an index of their own (migration 0010), by this very condition.
_ODD = "(j.created_at - j.event_at < interval '-1 hour' OR j.created_at - j.event_at > interval '1 day')"
# Stamps grow with the versions but for the time that a posting waits for a lock: minutes, never an hour.
_EDGES = """
    WITH RECURSIVE search (edge, at, lo, hi) AS (
        SELECT t.edge, t.at, 0::bigint, a.version
          FROM public.wallet_account a,
               (VALUES ('low', %(since)s::timestamptz - interval '2 hours'),
                       ('high', %(until)s::timestamptz + interval '25 hours')) t (edge, at)
         WHERE a.id = %(account)s
        UNION ALL
        SELECT s.edge, s.at,
               CASE WHEN m.created_at < s.at THEN p.mid ELSE s.lo END,
               CASE WHEN m.created_at < s.at THEN s.hi ELSE p.mid - 1 END
          FROM search s,
               LATERAL (SELECT (s.lo + s.hi + 1) / 2 AS mid) p,
               LATERAL (SELECT j.created_at FROM public.wallet_entry e
                          JOIN public.wallet_journal j ON j.id = e.journal_id
                         WHERE e.account_id = %(account)s AND e.version = p.mid) m
         WHERE s.lo < s.hi)
    SELECT (SELECT lo FROM search WHERE edge = 'low' AND lo = hi),
           (SELECT lo FROM search WHERE edge = 'high' AND lo = hi),
           (SELECT version FROM public.wallet_account WHERE id = %(account)s)
"""
# Before the low edge only odd postings may belong to the period or after it, behind the high edge only odd
# ones before its end: however long an account's history is, a month of it is read in the time of a month.
_PERIOD = (
    f"WITH entries AS MATERIALIZED ({_ENTRIES}"  # noqa: S608 — constants
    "   AND e.version > %(low)s AND e.version <= %(high)s AND j.event_at < %(until)s"
    f" UNION ALL {_ENTRIES} AND {_ODD} AND e.version <= %(low)s"
    "   AND j.event_at >= %(since)s AND j.created_at < %(since)s"
    f" UNION ALL {_ENTRIES} AND {_ODD} AND e.version > %(high)s"
    "   AND j.event_at < %(until)s AND j.created_at >= %(until)s)"
    " SELECT o.opening, l.* FROM"
    " (SELECT coalesce((SELECT after_paise FROM public.wallet_entry"
    "                    WHERE account_id = %(account)s AND version = %(low)s), 0)"
    "       + coalesce(sum(CASE WHEN version <= %(low)s THEN -delta_paise"
    "                           WHEN event_at < %(since)s THEN delta_paise END), 0) AS opening"
    "    FROM entries) o"
    f" LEFT JOIN (SELECT {_COLUMNS} FROM entries WHERE event_at >= %(since)s AND event_at < %(until)s"
    "   ORDER BY event_at, version LIMIT %(most)s) l ON true"
    " ORDER BY l.event_at, l.version"
)
_HEAD = 2**62


def _edges(account: Account, *, since: datetime, until: datetime) -> dict[str, int]:
    """Return the versions between which all of a period's entries lie, but for oddly dated ones."""
    ((low, high, head),) = _fetch(_EDGES, account, {"since": since, "until": until})
    # An edge at the newest entry is none: what comes next belongs to the middle.
    return {"low": low, "high": _HEAD if high == head else high}


def unknown(code: str) -> UnknownAccount:
    return UnknownAccount(f"There is no account {code}.", account=code)


def _fetch(query: str, account: Account, facts: dict[str, Any]) -> list[tuple[Any, ...]]:
    # Any: SQL values. `query` is put together from constants of this module; values are arguments.
    with connection.cursor() as cursor:
        cursor.execute(query, {"side": account.normal_side, "account": account.pk, **facts})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
