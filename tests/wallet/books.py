"""The books check that follows every database test."""

from django.db import connection
from psycopg.pq import TransactionStatus

from apps.wallet import selectors

# Custody is a question to the treasury, not to the books: a test may pay goodwill before any
# money came.
NOT_BOOKKEEPING = {"custody"}
# Written by migrations, once: the chart of accounts, the plans, and what Django knows of the models.
KEPT = {
    "wallet_account_kind",
    "wallet_posting_rule",
    "payments_walletpolicy",
    "merchants_planfeature",
    "merchants_planprice",
    "analytics_risktable",
    "django_content_type",
    "auth_permission",
}


def assert_books_balance() -> None:
    """Fail with the rows that break an invariant of the ledger, however the test left it."""
    connection.ensure_connection()
    # A test that ends on a refused statement inside its transaction leaves nothing to read.
    if connection.connection.info.transaction_status == TransactionStatus.INERROR:
        return
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    found = [
        violation
        for check in selectors.checks()
        if check.name not in NOT_BOOKKEEPING
        for violation in check.find()
    ]
    assert found == []
