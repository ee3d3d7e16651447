"""What must be true between the ledger and the payouts that its money was moved for."""

from functools import partial

from django.db import connection

from apps.payments.machine import OPEN
from apps.wallet.selectors import Check, Violation

MAX_VIOLATIONS = 100
_OPEN = ", ".join(f"'{state}'" for state in sorted(OPEN))
# Each finds (row, detail) of what breaks it.
_BROKEN = {
    ("payouts and money set aside", "INV-28"): f"""
        SELECT a.code, format('holds %s paise, open payouts say %s', a.balance_paise,
                              coalesce(p.paise, 0))
          FROM wallet_account a
          LEFT JOIN (SELECT coalesce('rider:' || person_id || ':withdrawing',
                                     'merchant:' || merchant_id || ':refunding') AS code,
                            sum(amount_paise) AS paise
                       FROM payments_payout WHERE state IN ({_OPEN}) GROUP BY 1) p USING (code)
         WHERE a.kind IN ('rider_withdrawing', 'merchant_refunding')
           AND a.balance_paise <> coalesce(p.paise, 0)""",  # noqa: S608 — the states are our own
    ("payouts and the ledger", "INV-20 INV-28"): """
        SELECT p.id, 'names a posting that is not its own'
          FROM payments_payout p
          LEFT JOIN wallet_journal held ON held.id = p.held_journal_id
          LEFT JOIN wallet_journal paid ON paid.id = p.paid_journal_id
          LEFT JOIN wallet_journal back ON back.id = p.returned_journal_id
         WHERE held.reference IS DISTINCT FROM lower(p.kind) || ':' || p.id
            OR (p.paid_journal_id IS NOT NULL
                AND paid.reference IS DISTINCT FROM 'payout:' || p.id)
            OR (p.returned_journal_id IS NOT NULL
                AND back.reference IS DISTINCT FROM
                    CASE WHEN p.paid_journal_id IS NULL THEN lower(p.kind) || '_back:'
                         ELSE 'payout_reversal:' END || p.id)""",
    ("postings of payouts", "INV-28"): """
        SELECT j.id, format('%s moved money that no payout knows of', j.kind)
          FROM wallet_journal j
          LEFT JOIN payments_payout p ON p.id::text = split_part(j.reference, ':', 2)
         WHERE j.kind IN ('withdrawal', 'refund', 'payout', 'withdrawal_back', 'refund_back',
                          'payout_reversal')
           AND (p.id IS NULL
                OR j.id NOT IN (p.held_journal_id, coalesce(p.paid_journal_id, p.held_journal_id),
                                coalesce(p.returned_journal_id, p.held_journal_id)))""",
    ("costs of validations", "INV-20"): """
        SELECT coalesce(v.id, j.id), 'a question and the posting of its cost do not fit'
          FROM payments_accountvalidation v
          FULL JOIN (SELECT j.id, j.reference, sum(t.amount_paise) AS paise
                       FROM wallet_journal j JOIN wallet_transfer t ON t.journal_id = j.id
                      WHERE j.kind = 'validation' GROUP BY 1, 2) j ON j.id = v.cost_journal_id
         WHERE (v.cost_journal_id IS NOT NULL OR j.id IS NOT NULL)
           AND (j.reference, j.paise) IS DISTINCT FROM ('validation:' || v.id, v.cost_paise::numeric)""",
    # The follow-up, and behind it an hourly job, sets apart what is over; a frozen wallet waits.
    ("wallets over their limits", "INV-31"): """
        SELECT a.code, format('holds %s paise, its limit is %s', a.balance_paise, p.max_balance_paise)
          FROM wallet_account a
          LEFT JOIN LATERAL (SELECT k.level FROM payments_kyclevel k
                              WHERE 'rider:' || k.person_id = a.party AND k.effective_from <= now()
                              ORDER BY k.effective_from DESC, k.id DESC LIMIT 1) k ON true
          JOIN LATERAL (SELECT w.max_balance_paise, w.effective_from FROM payments_walletpolicy w
                         WHERE w.who = 'TIER_' || coalesce(k.level, 0) AND w.effective_from <= now()
                         ORDER BY w.effective_from DESC LIMIT 1) p ON true
          JOIN LATERAL (SELECT j.created_at FROM wallet_entry e JOIN wallet_journal j ON j.id = e.journal_id
                         WHERE e.account_id = a.id AND e.version = a.version) last ON true
         WHERE a.kind = 'rider_wallet' AND a.frozen_at IS NULL
           AND a.balance_paise > p.max_balance_paise
           AND greatest(last.created_at, p.effective_from) < now() - interval '3 hours'""",
    ("payments in advance and the ledger", "INV-27 INV-28"): """
        SELECT p.id, 'its capture is not the posting that it names'
          FROM payments_prepayment p LEFT JOIN wallet_journal j ON j.id = p.journal_id
         WHERE p.journal_id IS NOT NULL
           AND j.reference IS DISTINCT FROM 'ticket_payment:' || p.payment_id
        UNION ALL
        SELECT j.id, 'is of a payment that nobody knows'
          FROM wallet_journal j LEFT JOIN payments_prepayment p ON p.journal_id = j.id
         WHERE j.kind = 'ticket_payment' AND p.id IS NULL
        UNION ALL
        SELECT r.id, 'went by a posting that is not its own'
          FROM payments_prepaymentrefund r LEFT JOIN wallet_journal j ON j.id = r.gone_journal_id
         WHERE r.gone_journal_id IS NOT NULL
           AND j.reference IS DISTINCT FROM 'ticket_refund:' || r.id""",
    ("refunds owed and the ledger", "INV-28"): """
        SELECT a.code, format('holds %s paise, refunds say %s', e.paise, coalesce(r.paise, 0))
          FROM wallet_account a
          CROSS JOIN LATERAL (
              SELECT coalesce(sum(CASE e.side WHEN 'C' THEN e.amount_paise ELSE -e.amount_paise END), 0)
                     AS paise
                FROM wallet_entry e WHERE e.account_id = a.id) e
          LEFT JOIN (SELECT p.zone_code, sum(r.amount_paise) AS paise
                       FROM payments_prepaymentrefund r
                       JOIN payments_prepayment p ON p.id = r.prepayment_id
                      WHERE r.owed_journal_id IS NOT NULL AND r.gone_journal_id IS NULL
                      GROUP BY 1) r ON r.zone_code = a.zone_code
         WHERE a.kind = 'ticket_refunds' AND e.paise <> coalesce(r.paise, 0)""",
    # Hourly; a return that is younger has its job still to come.
    ("late returns and what they cost us", "INV-30"): """
        WITH back AS (
            SELECT p.id, p.person_id, j.created_at, j.event_at, p.submitted_at,
                   coalesce(z.timezone, 'Asia/Kolkata') AS clock
              FROM payments_payout p JOIN wallet_journal j ON j.id = p.returned_journal_id
              LEFT JOIN merchants_zone z ON z.code = p.zone_code
             WHERE p.kind = 'WITHDRAWAL' AND p.submitted_at IS NOT NULL),
        due AS (
            SELECT 'tat_compensation:' || id || ':' || to_char(day, 'YYYY-MM-DD') AS reference,
                   'rider:' || person_id AS party, created_at
              FROM back CROSS JOIN LATERAL generate_series(
                       (submitted_at AT TIME ZONE clock)::date + interval '2 days',
                       (event_at AT TIME ZONE clock)::date + interval '0 days', interval '1 day') day),
        posted AS (
            SELECT j.reference, a.party FROM wallet_journal j
              JOIN wallet_transfer t ON t.journal_id = j.id
              JOIN wallet_account a ON a.id = t.credit_account_id
             WHERE j.kind = 'tat_compensation' AND t.amount_paise = 10000)
        SELECT coalesce(d.reference, p.reference),
               CASE WHEN p.reference IS NULL THEN 'was not paid' ELSE 'was paid, and is not due' END
          FROM due d FULL JOIN posted p USING (reference, party)
         WHERE d.reference IS NULL
            OR (p.reference IS NULL AND d.created_at < now() - interval '3 hours')""",
    ("adjustments and the ledger", "INV-20"): """
        WITH said AS (
            SELECT 'adjustment:' || id AS reference, journal_id AS journal, zone_code, amount_paise,
                   direction, coalesce('rider:' || person_id, 'merchant:' || merchant_id) AS party
              FROM payments_adjustment WHERE journal_id IS NOT NULL),
        posted AS (
            SELECT j.reference, j.id AS journal, j.zone_code::text, t.amount_paise,
                   CASE WHEN w.id = t.credit_account_id THEN 'GIVE' ELSE 'TAKE' END AS direction, w.party
              FROM wallet_journal j JOIN wallet_transfer t ON t.journal_id = j.id
              JOIN wallet_account w ON w.id IN (t.debit_account_id, t.credit_account_id)
               AND w.kind IN ('rider_wallet', 'merchant_wallet')
             WHERE j.kind = 'adjustment')
        SELECT coalesce(s.reference, p.reference), 'the row and the posting do not say the same'
          FROM said s FULL JOIN posted p USING (reference)
         WHERE (s.journal, s.zone_code, s.amount_paise, s.direction, s.party)
               IS DISTINCT FROM (p.journal, p.zone_code, p.amount_paise, p.direction, p.party)""",
    ("dormant wallets and the ledger", "INV-20"): """
        WITH said AS (
            SELECT 'dormancy:' || id AS reference, moved_journal_id AS journal, zone_code, amount_paise,
                   'rider:' || person_id AS party
              FROM payments_dormantwallet WHERE moved_journal_id IS NOT NULL
            UNION ALL
            SELECT 'dormancy_back:' || id, returned_journal_id, zone_code, amount_paise,
                   'rider:' || person_id
              FROM payments_dormantwallet WHERE returned_journal_id IS NOT NULL),
        posted AS (
            SELECT j.reference, j.id AS journal, j.zone_code::text, t.amount_paise, w.party
              FROM wallet_journal j JOIN wallet_transfer t ON t.journal_id = j.id
              JOIN wallet_account w
                ON w.id IN (t.debit_account_id, t.credit_account_id) AND w.kind = 'rider_wallet'
             WHERE j.kind IN ('dormancy', 'dormancy_back'))
        SELECT coalesce(s.reference, p.reference), 'the row and the posting do not say the same'
          FROM said s FULL JOIN posted p USING (reference)
         WHERE (s.journal, s.zone_code, s.amount_paise, s.party)
               IS DISTINCT FROM (p.journal, p.zone_code, p.amount_paise, p.party)""",
    ("payouts and their steps", "INV-28"): """
        SELECT p.id, format('is %s, its last step says %s', p.state, t.after)
          FROM payments_payout p
          LEFT JOIN LATERAL (SELECT after FROM payments_payouttransition
                              WHERE payout_id = p.id ORDER BY id DESC LIMIT 1) t ON true
         WHERE t.after IS DISTINCT FROM p.state""",
}


def checks() -> list[Check]:
    """Return the checks of payouts."""
    return [
        Check(name, numbers, partial(_ask, name, query))
        for (name, numbers), query in _BROKEN.items()
    ]


def _ask(name: str, query: str) -> list[Violation]:
    with connection.cursor() as cursor:
        # No parameters: the percent signs are the queries' own.
        cursor.execute(f"{query} ORDER BY 1 LIMIT {MAX_VIOLATIONS}")
        return [Violation(name, str(row), str(detail)) for row, detail in cursor.fetchall()]
