"""Whether there is as much money in our keep as others own of it (product rule 2.6)."""

from dataclasses import dataclass

from django.db import connection

_POSITION = """
WITH fees AS (
    SELECT r.id, sum(moved.paise) AS balance,
           sum(moved.paise) FILTER (WHERE o.kind = 'finder_fee' OR o.kind LIKE 'gst_%') AS gross,
           sum(moved.paise) FILTER (WHERE o.kind LIKE 'gst_%') AS tax
      FROM wallet_account r
      JOIN LATERAL (SELECT credit_account_id AS other, amount_paise AS paise
                      FROM wallet_transfer WHERE debit_account_id = r.id
                    UNION ALL
                    SELECT debit_account_id, -amount_paise
                      FROM wallet_transfer WHERE credit_account_id = r.id) AS moved ON true
      JOIN wallet_account o ON o.id = moved.other
     WHERE r.kind = 'receivable_bpp'
     GROUP BY r.id),
unpaid_tax AS (
    -- Its share of what is still owed, rounded down: what is left out is never more than is unpaid.
    SELECT coalesce(sum(div(tax * least(balance, gross), gross)), 0) AS unpaid
      FROM fees WHERE gross > 0 AND balance > 0 AND tax > 0)
SELECT coalesce(sum(paise) FILTER (WHERE kind IN
           ('pg_clearing', 'bank_nodal', 'payout_float', 'gst_input')), 0),
       coalesce(sum(paise) FILTER (WHERE kind LIKE 'merchant_%' OR kind LIKE 'rider_%'
           OR kind IN ('gst_cgst', 'gst_sgst', 'gst_igst', 'unclaimed', 'tickets_owed', 'ticket_refunds')), 0)
           - (SELECT unpaid FROM unpaid_tax),
       coalesce(sum(paise) FILTER (WHERE kind LIKE 'receivable_%'), 0)
  FROM (SELECT a.kind, sum(CASE WHEN e.side = a.normal_side THEN e.amount_paise
                                ELSE -e.amount_paise END) AS paise
          FROM wallet_entry e JOIN wallet_account a ON a.id = e.account_id
         GROUP BY a.kind) AS by_kind
"""


@dataclass(frozen=True, slots=True)
class Custody:
    """Money in banks and on its way, what of it others own, and what riders and merchants owe us."""

    held_paise: int
    owed_paise: int
    debts_paise: int

    def shortfall(self) -> str:
        """Return in words by how much less is held than is owed, and what debts explain; "" when nothing is."""
        short_paise = self.owed_paise - self.held_paise
        if short_paise <= 0:
            return ""
        return (
            f"{self.held_paise} paise in custody, {self.owed_paise} owed to merchants, riders and the state:"
            f" {short_paise} short, of which debts explain {min(self.debts_paise, short_paise)}"
        )


def custody() -> Custody:
    """
    Sum up the whole ledger: minutes at many millions of transfers, so this is for jobs.

    What riders and merchants owe is no money: until they pay, the platform's own, earned or put into the
    reserve, stands in for it (decisions/0016). The tax on a finder fee is owed by the seller app as long as the
    fee is: of what the state is owed, that part is nobody's money in our keep (decisions/0039). What riders paid
    for tickets is owed to sellers, or back.
    """
    with connection.cursor() as cursor:
        cursor.execute(_POSITION)
        return Custody(*map(int, cursor.fetchone()))
