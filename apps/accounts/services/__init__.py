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
    keep_language,
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
from apps.accounts.services.revealing import REVEALED, reveal_phone
from apps.accounts.services.second_factors import (
    check_second_factor,
    confirm_second_factor,
    forget_second_factor,
    has_second_factor,
    offer_second_factor,
)
from apps.accounts.services.sessions import (
    SignedIn,
    open_session,
    revoke_session,
    revoke_sessions_of,
    sign_out,
)
from apps.accounts.services.trail import record
from apps.accounts.services.viewing import (
    Viewing,
    begin_viewing,
    end_overdue_viewings,
    end_viewing,
    find_viewing,
    note_page,
    why_over,
)

__all__ = [
    "REVEALED",
    "AppDevice",
    "Entered",
    "SignedIn",
    "Viewing",
    "answer_consent",
    "begin_viewing",
    "check_second_factor",
    "confirm_second_factor",
    "create_operator",
    "create_person",
    "delete_firebase_accounts",
    "end_overdue_viewings",
    "end_viewing",
    "erase_person",
    "expire_exports",
    "find_viewing",
    "forget_second_factor",
    "give_number",
    "grant_role",
    "has_second_factor",
    "keep_language",
    "lock_payee",
    "lock_person",
    "lock_rider",
    "make_export",
    "note_page",
    "offer_second_factor",
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
    "why_over",
]
