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


# Rows are found one by one, by the key of an index, whatever the planner has been told of the tables: what it
# may choose for a join over tables that it takes for empty reads all of them for each row (decisions/0043).
# OFFSET 0 keeps a part whole: nothing is joined into it, and no condition is moved in or out.
_JOURNAL = "LATERAL (SELECT * FROM public.wallet_journal WHERE id = e.journal_id OFFSET 0) j"
_COUNTER = "LATERAL (SELECT code, kind FROM public.wallet_account WHERE id = e.counter_account_id OFFSET 0) c"
# One account's entries with what their journals say; the signed amount is positive when the balance grows.
_LINE = (
    "SELECT e.version, e.transfer_id, e.journal_id, j.kind, j.reference, j.memo, c.code,"
    "       CASE e.side WHEN %(side)s THEN e.amount_paise ELSE -e.amount_paise END AS delta_paise,"
    "       e.after_paise, j.event_at, c.kind AS counter_kind, j.hold_id FROM "
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
    newest = account.version if before_version is None else before_version - 1
    # Versions have no gaps, so a page of all movements is a range of them.
    oldest = 1 if kinds or since or until else newest - limit + 1
    facts: dict[str, object] = {"newest": newest, "oldest": oldest, "limit": limit}
    narrowed, beyond = "", _NOWHERE
    if since is not None or until is not None:
        beyond = _edges(account, since=since, until=until)
        # The walk begins and ends where the period does, however long the account's history is.
        facts["newest"] = min(newest, beyond["high"])
        facts["oldest"] = beyond["low"] + 1
    if kinds:
        narrowed += " AND j.kind = ANY(%(kinds)s)"
        facts["kinds"] = list(kinds)
    if since is not None:
        narrowed += " AND j.event_at >= %(since)s"
        facts["since"] = since
    if until is not None:
        narrowed += " AND j.event_at < %(until)s"
        facts["until"] = until
    rows = _fetch(_PAGE.format(narrowed=narrowed), account, facts)
    lines = [StatementLine(*row) for row in rows]
    if beyond != _NOWHERE:
        # Dated into the period and posted far from it: of both lists the newest are the newest of all.
        facts |= {**beyond, "newest": newest, "since": since, "until": until}
        odd = _fetch(_ODD_PAGE.format(narrowed=narrowed), account, facts)
        lines += [StatementLine(*row) for row in odd]
        lines.sort(key=lambda line: line.version, reverse=True)
    return lines[:limit]


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


_PAGE = (
    f"{_LINE} public.wallet_entry e, {_JOURNAL}, {_COUNTER} WHERE e.account_id = %(account)s"
    "   AND e.version BETWEEN %(oldest)s AND %(newest)s{narrowed}"
    " ORDER BY e.version DESC LIMIT %(limit)s"
)
# Behind everything that an account will ever have.
_HEAD = 2**62
# The edges of what has none: nothing lies beyond them.
_NOWHERE = {"low": 0, "high": _HEAD}
# So many entries before or behind a period are read with it: cheaper than to ask who else was dated oddly.
SHORT = 200
# A posting is stamped by the database and dated by the event that it is about. Nearly all are dated within
# this of their stamp; those that are not have an index of their own (migration 0010), by this very condition.
_ODD = "(created_at - event_at < interval '-1 hour' OR created_at - event_at > interval '1 day')"
# Stamps grow with the versions but for the time that a posting waits for a lock: minutes, never an hour.
_EDGES = """
    WITH RECURSIVE search (edge, at, lo, hi) AS (
        VALUES ('low', %(since)s::timestamptz - interval '2 hours', 0::bigint, %(head)s::bigint),
               ('high', %(until)s::timestamptz + interval '25 hours', 0, %(head)s)
        UNION ALL
        SELECT s.edge, s.at,
               CASE WHEN m.created_at < s.at THEN m.version ELSE s.lo END,
               CASE WHEN m.created_at < s.at THEN s.hi ELSE m.version - 1 END
          FROM search s,
               LATERAL (SELECT (s.lo + s.hi + 1) / 2 AS version OFFSET 0) p,
               LATERAL (SELECT p.version, (
                            SELECT created_at FROM public.wallet_journal WHERE id = coalesce(
                                (SELECT journal_id FROM public.wallet_transfer
                                  WHERE credit_account_id = %(account)s AND credit_version = p.version),
                                (SELECT journal_id FROM public.wallet_transfer
                                  WHERE debit_account_id = %(account)s AND debit_version = p.version)
                            )) AS created_at OFFSET 0) m
         WHERE s.lo < s.hi)
    SELECT (SELECT lo FROM search WHERE edge = 'low' AND lo = hi),
           (SELECT lo FROM search WHERE edge = 'high' AND lo = hi)
"""
_ODD_LINE = (
    f"{_LINE} (SELECT * FROM public.wallet_journal WHERE {_ODD} AND {{dated}} OFFSET 0) j,"  # noqa: S608 — constants
    "         LATERAL (SELECT * FROM public.wallet_entry WHERE journal_id = j.id OFFSET 0) e,"
    f"        {_COUNTER} WHERE e.account_id = %(account)s AND "
)
_ODD_PAGE = (
    _ODD_LINE.format(dated="created_at < %(since)s AND event_at >= %(since)s")
    + "e.version <= %(low)s AND e.version <= %(newest)s AND %(low)s > 0{narrowed}"
    + " UNION ALL "
    + _ODD_LINE.format(dated="created_at >= %(until)s AND event_at < %(until)s")
    + f"e.version > %(high)s AND e.version <= %(newest)s AND %(high)s < {_HEAD}{{narrowed}}"
    + " ORDER BY version DESC LIMIT %(limit)s"
)
# Before the low edge only odd postings may belong to the period or after it, behind the high edge only odd
# ones before its end: however long an account's history is, a month of it is read in the time of a month.
_PERIOD = (
    "WITH entries AS MATERIALIZED ("  # noqa: S608 — constants
    f"{_LINE} (SELECT * FROM public.wallet_entry WHERE account_id = %(account)s"
    "            AND version > %(low)s AND version <= %(high)s OFFSET 0) e,"
    f"        {_JOURNAL}, {_COUNTER} WHERE j.event_at < %(until)s"
    " UNION ALL "
    + _ODD_LINE.format(dated="created_at < %(since)s AND event_at >= %(since)s")
    + "e.version <= %(low)s AND %(low)s > 0"
    " UNION ALL "
    + _ODD_LINE.format(dated="created_at >= %(until)s AND event_at < %(until)s")
    + f"e.version > %(high)s AND %(high)s < {_HEAD})"  # noqa: S608 — constants
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


def _edges(account: Account, *, since: datetime | None, until: datetime | None) -> dict[str, int]:
    """Return the versions between which all of a period's entries lie, but for oddly dated ones."""
    head = account.version
    low, high = 0, head
    if head > SHORT:
        # An end that is open has no edge; the other's is searched for in its stead, and not looked at.
        facts = {"since": since or until, "until": until or since, "head": head}
        ((low, high),) = _fetch(_EDGES, account, facts)
    # The newest entry is no edge: what comes next belongs to the middle.
    return {
        "low": low if since is not None and low > SHORT else 0,
        "high": high if until is not None and high < head - SHORT else _HEAD,
    }


def unknown(code: str) -> UnknownAccount:
    return UnknownAccount(f"There is no account {code}.", account=code)


def _fetch(query: str, account: Account, facts: dict[str, Any]) -> list[tuple[Any, ...]]:
    # Any: SQL values. `query` is put together from constants of this module; values are arguments.
    with connection.cursor() as cursor:
        cursor.execute(query, {"side": account.normal_side, "account": account.pk, **facts})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
