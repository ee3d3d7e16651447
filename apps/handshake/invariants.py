"""What must be true between the ledger, the bookings, the budgets and the handshakes."""

from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import connection, transaction

from apps.campaigns import selectors as campaigns
from apps.payments import selectors as payments
from apps.rides import selectors as rides
from apps.wallet import selectors as wallet
from apps.wallet.selectors import Check, Violation
from uma.kernel.ids import first_id_of

MAX_VIOLATIONS = 100
_SETTLED = """
        SELECT coalesce(h.id, j.id),
               CASE WHEN h.id IS NULL THEN 'money moved without a handshake'
                    WHEN j.id IS NULL THEN 'no money moved for it'
                    ELSE format('moved %s paise and released %s, its row says %s and %s',
                                m.paid, m.released, h.merchant_debit_paise, h.released_paise) END
          FROM (SELECT * FROM handshake_handshake WHERE id >= '{since}') h
          FULL JOIN (SELECT * FROM wallet_journal WHERE kind = 'handshake' AND id >= '{since}') j ON j.id = h.id
          LEFT JOIN LATERAL (
              SELECT coalesce(sum(t.amount_paise) FILTER (WHERE c.kind <> 'merchant_released'), 0) AS paid,
                     coalesce(sum(t.amount_paise) FILTER (WHERE c.kind = 'merchant_released'), 0) AS released
                FROM wallet_transfer t JOIN wallet_account c ON c.id = t.credit_account_id
               WHERE t.journal_id = j.id) m ON true
         WHERE h.id IS NULL OR j.id IS NULL
            OR (m.paid, m.released) IS DISTINCT FROM (h.merchant_debit_paise, h.released_paise)"""
# Each finds (row, detail) of what breaks it.
_BROKEN = {
    ("handshakes and bookings", "INV-10 INV-11"): """
        SELECT b.id, format('is %s and has %s handshake(s)', b.state, count(h.id))
          FROM rides_booking b LEFT JOIN handshake_handshake h ON h.booking_id = b.id
         GROUP BY b.id, b.state
        HAVING count(h.id) <> CASE WHEN b.state IN ('REDEEMED', 'DISPUTED', 'REVERSED') THEN 1 ELSE 0 END""",
    ("handshakes without a booking", "INV-10"): """
        SELECT h.id, format('booking %s is not there', h.booking_id)
          FROM handshake_handshake h LEFT JOIN rides_booking b ON b.id = h.booking_id
         WHERE b.id IS NULL""",
    ("handshakes and their sale", "INV-10"): """
        SELECT h.id, 'is not of the people and the place of its booking'
          FROM handshake_handshake h JOIN rides_booking b ON b.id = h.booking_id
         WHERE (h.rider_id, h.merchant_id, h.outlet_id, h.campaign_id, h.zone_code)
               IS DISTINCT FROM (b.rider_id, b.merchant_id, b.outlet_id, b.campaign_id, b.zone_code)""",
    ("handshakes and the ledger", "INV-10 INV-20"): _SETTLED.format(since=UUID(int=0)),
    ("announcements", "INV-20 INV-21"): """
        SELECT h.id, 'was announced without a message to the rider'
          FROM handshake_handshake h
          LEFT JOIN notifications_inboxmessage m ON m.dedupe_key = 'handshake:' || h.id
         WHERE h.announced_at IS NOT NULL AND m.id IS NULL""",
    ("first visits", "INV-12"): """
        SELECT h.id, 'paid for a new customer, whose first visit was another booking'
          FROM handshake_handshake h JOIN rides_booking b ON b.id = h.booking_id
          LEFT JOIN merchants_firstvisit f ON f.booking_id = h.booking_id
         WHERE h.is_new_customer AND b.state <> 'REVERSED' AND f.id IS NULL""",
    ("budgets and bookings", "INV-22 INV-23"): """
        SELECT a.id, format('%s %s commits %s paise, bookings say %s', a.campaign_id, a.scope,
                            a.committed_paise, coalesce(b.paise, 0))
          FROM campaigns_allotment a
          LEFT JOIN (
              SELECT k.campaign_id, s.scope,
                     sum(CASE WHEN k.state = 'BOOKED' OR w.swept_journal_id IS NULL THEN k.max_cost_paise
                              ELSE k.max_cost_paise - w.released_paise END) AS paise
                FROM rides_booking k JOIN wallet_hold w ON w.id = k.id
               CROSS JOIN LATERAL unnest(k.scopes) AS s (scope)
               WHERE k.state NOT IN ('EXPIRED', 'CANCELLED', 'VOIDED')
               GROUP BY 1, 2) b ON b.campaign_id = a.campaign_id AND b.scope = a.scope
         WHERE a.committed_paise <> coalesce(b.paise, 0)""",
}

# What is sold beside visits: the row that says so, its journal, its parts, and the kind of the journal.
_SOLD = {
    "paid months": ("merchants_subscriptioncharge", "journal_id", "price_paise", "", "subscription"),
    "returned months": (
        "merchants_subscriptionrefund", "journal_id", "amount_paise", "", "subscription_refund",
    ),
    "boosts": ("campaigns_boost", "journal_id", "price_paise", "", "boost"),
    "returned boosts": (
        "campaigns_boost", "refund_journal_id", "refund_paise", "refund_", "boost_refund",
    ),
}  # fmt: skip
_ROWS_AND_JOURNALS = """
    SELECT coalesce(r.id, j.id),
           CASE WHEN r.id IS NULL THEN 'money moved without a row'
                WHEN j.id IS NULL THEN 'no money moved for it'
                ELSE format('moved %s paise, its row says %s', m.paise, r.paise) END
      FROM (SELECT id, {journal} AS journal_id,
                   {base} + {tax}cgst_paise + {tax}sgst_paise + {tax}igst_paise AS paise
              FROM {table} WHERE {journal} IS NOT NULL) r
      FULL JOIN (SELECT id FROM wallet_journal WHERE kind = '{kind}') j ON j.id = r.journal_id
      LEFT JOIN LATERAL (SELECT sum(t.amount_paise) AS paise FROM wallet_transfer t
                          WHERE t.journal_id = j.id) m ON true
     WHERE r.id IS NULL OR j.id IS NULL OR m.paise IS DISTINCT FROM r.paise"""
_BROKEN |= {
    (f"{name} and the ledger", "INV-20"): _ROWS_AND_JOURNALS.format(
        table=table, journal=journal, base=base, tax=tax, kind=kind
    )
    for name, (table, journal, base, tax, kind) in _SOLD.items()
}
_BROKEN["plans and subscriptions", "INV-20"] = """
    SELECT s.id, format('is for %s, its merchant is on %s', s.plan, m.plan)
      FROM merchants_subscription s JOIN merchants_merchant m ON m.id = s.merchant_id
     WHERE s.state <> 'ENDED' AND s.plan <> m.plan"""


class BooksDoNotBalance(Exception):
    """A look at every row found some that are not as they must be."""


def checks() -> list[Check]:
    """Return every check of the money: the ledger by itself, then against what it was moved for."""
    own = [
        Check(name, invariants, partial(_ask, name, query))
        for (name, invariants), query in _BROKEN.items()
    ]
    return [
        *wallet.checks(),
        *payments.checks(),
        *own,
        Check("bookings", "INV-10 INV-33", _bookings),
        Check("overcommitted budgets", "INV-22", _overcommitted),
    ]


def find_violations() -> list[Violation]:
    """Run every check and return what they found, with no limit of time on a statement."""
    found: list[Violation] = []
    with transaction.atomic(), connection.cursor() as cursor:
        # A look at every row takes longer than a request may.
        cursor.execute("SET LOCAL statement_timeout = 0")
        for check in checks():
            found += check.find()
    return found


def find_recent(*, since: datetime) -> list[Violation]:
    """Run the checks that may be asked each half minute, over what moved since then; return what they found."""
    visits = _SETTLED.format(since=first_id_of(since))
    found: list[Violation] = []
    with transaction.atomic(), connection.cursor() as cursor:
        # Two index entries for each account there is: many accounts take longer than a request may.
        cursor.execute("SET LOCAL statement_timeout = '20s'")
        for check in wallet.recent_checks(since=since):
            found += check.find()
        return found + _ask("newest visits", visits)


def _ask(name: str, query: str) -> list[Violation]:
    with connection.cursor() as cursor:
        cursor.execute(f"{query} LIMIT {MAX_VIOLATIONS}")
        return [Violation(name, str(row), str(detail)) for row, detail in cursor.fetchall()]


def _bookings() -> list[Violation]:
    return [
        Violation("bookings", str(found.booking_id), found.rule)
        for found in rides.find_violations()
    ]


def _overcommitted() -> list[Violation]:
    return [
        Violation("overcommitted budgets", str(found.campaign_id), f"{found.scope}: {found.what}")
        for found in campaigns.find_overcommitted()
    ]
