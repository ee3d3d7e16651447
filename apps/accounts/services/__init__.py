"""Writes about people: who exists, books, operates, is signed in; the trail of sensitive acts."""

from apps.accounts.services.consents import answer_consent
from apps.accounts.services.erasure import delete_firebase_accounts, erase_person
from apps.accounts.services.exports import (
    expire_exports,
    make_export,
    read_export,
    request_export,
)
from apps.accounts.services.numbers import give_number
from apps.accounts.services.operators import grant_role, revoke_role
from apps.accounts.services.people import (
    create_operator,
    create_person,
    lock_payee,
    lock_person,
    lock_rider,
    replace_suspension,
    suspend,
)
from apps.accounts.services.phone_sign_in import (
    AppDevice,
    Entered,
    purge_exchanged_tokens,
    sign_in_by_phone,
)
from apps.accounts.services.purging import purge_sessions, purge_used_tokens
from apps.accounts.services.refreshing import refresh
from apps.accounts.services.revealing import reveal_phone
from apps.accounts.services.sessions import (
    SignedIn,
    open_session,
    revoke_session,
    revoke_sessions_of,
    sign_out,
)
from apps.accounts.services.trail import record

__all__ = [
    "AppDevice",
    "Entered",
    "SignedIn",
    "answer_consent",
    "create_operator",
    "create_person",
    "delete_firebase_accounts",
    "erase_person",
    "expire_exports",
    "give_number",
    "grant_role",
    "lock_payee",
    "lock_person",
    "lock_rider",
    "make_export",
    "open_session",
    "purge_exchanged_tokens",
    "purge_sessions",
    "purge_used_tokens",
    "read_export",
    "record",
    "refresh",
    "replace_suspension",
    "request_export",
    "reveal_phone",
    "revoke_role",
    "revoke_session",
    "revoke_sessions_of",
    "sign_in_by_phone",
    "sign_out",
    "suspend",
]
