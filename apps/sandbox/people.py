"""The people of the pretended project: one account a phone number, kept in a file when given one."""

import json
import os
import secrets
import threading
from dataclasses import asdict, dataclass, field
from pathlib import Path

from apps.sandbox.answer import Refused
from apps.sandbox.signing import new_uid


@dataclass
class Account:
    """One Firebase user; times are Unix seconds."""

    uid: str
    phone: str
    created_at: int
    signed_in_at: int
    # Tokens issued before this second are revoked.
    valid_since: int
    disabled: bool = False
    # Refresh token → when the sign-in was that it came from.
    refresh_tokens: dict[str, int] = field(default_factory=dict)

    def described(self) -> dict[str, object]:
        """Return the account as `accounts:lookup` shows it."""
        facts: dict[str, object] = {
            "localId": self.uid,
            "validSince": str(self.valid_since),
            "createdAt": str(self.created_at * 1000),
            "lastLoginAt": str(self.signed_in_at * 1000),
            "disabled": self.disabled,
        }
        if self.phone:
            facts["phoneNumber"] = self.phone
            facts["providerUserInfo"] = [
                {"providerId": "phone", "phoneNumber": self.phone, "rawId": self.phone}
            ]
        return facts


class People:
    """Accounts by user id; every change is in the file before it is answered."""

    def __init__(self, *, file: Path | None = None) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._accounts: dict[str, Account] = {}
        if file is not None and file.exists():
            rows = json.loads(file.read_text())
            self._accounts = {row["uid"]: Account(**row) for row in rows}

    def sign_in(self, *, phone: str, now: int) -> tuple[Account, str, bool]:
        """Return the number's account, a refresh token, and whether the account is new."""
        with self._lock:
            account = self._with_phone(phone)
            is_new = account is None
            if account is None:
                account = Account(
                    uid=new_uid(), phone=phone, created_at=now, signed_in_at=now, valid_since=now
                )
                self._accounts[account.uid] = account
            if account.disabled:
                raise Refused("USER_DISABLED")
            return account, self._remember(account, now=now), is_new

    def change_phone(self, *, uid: str, phone: str, now: int) -> tuple[Account, str]:
        """Give the account another number, which its holder has just proved."""
        with self._lock:
            account = self._account(uid)
            holder = self._with_phone(phone)
            if holder is not None and holder is not account:
                raise Refused("PHONE_NUMBER_EXISTS")
            if account.disabled:
                raise Refused("USER_DISABLED")
            account.phone = phone
            return account, self._remember(account, now=now)

    def last_sign_in(self, *, phone: str) -> int:
        """Return the second of the number's last sign-in, nought before its first."""
        with self._lock:
            account = self._with_phone(phone)
            return account.signed_in_at if account is not None else 0

    def refresh(self, *, token: str) -> tuple[Account, int]:
        """Return whose refresh token it is, and when the sign-in was."""
        with self._lock:
            for account in self._accounts.values():
                signed_in_at = account.refresh_tokens.get(token)
                if signed_in_at is None:
                    continue
                if account.disabled:
                    raise Refused("USER_DISABLED")
                if signed_in_at < account.valid_since:
                    raise Refused("TOKEN_EXPIRED")
                return account, signed_in_at
        raise Refused("INVALID_REFRESH_TOKEN")

    def lookup(self, *, uids: list[str], phones: list[str]) -> list[dict[str, object]]:
        """Return the accounts that have one of these ids or numbers."""
        with self._lock:
            found = [
                account
                for account in self._accounts.values()
                if account.uid in uids or (account.phone and account.phone in phones)
            ]
            return [account.described() for account in found]

    def update(
        self,
        *,
        uid: str,
        valid_since: int | None = None,
        disabled: bool | None = None,
        phone: str | None = None,
    ) -> None:
        """Change an account as its project's owner may."""
        with self._lock:
            account = self._account(uid)
            holder = self._with_phone(phone) if phone else None
            if holder is not None and holder is not account:
                raise Refused("PHONE_NUMBER_EXISTS")
            account.valid_since = account.valid_since if valid_since is None else valid_since
            account.disabled = account.disabled if disabled is None else disabled
            account.phone = account.phone if phone is None else phone
            self._save()

    def delete(self, *, uid: str) -> None:
        with self._lock:
            self._account(uid)
            del self._accounts[uid]
            self._save()

    def _account(self, uid: str) -> Account:
        account = self._accounts.get(uid)
        if account is None:
            raise Refused("USER_NOT_FOUND")
        return account

    def _with_phone(self, phone: str) -> Account | None:
        return next((one for one in self._accounts.values() if one.phone == phone), None)

    def _remember(self, account: Account, *, now: int) -> str:
        token = "sandbox-refresh-" + secrets.token_urlsafe(32)
        account.signed_in_at = now
        account.refresh_tokens[token] = now
        self._save()
        return token

    def _save(self) -> None:
        if self._file is None:
            return
        # Complete or as it was, and never readable by others.
        partial = self._file.with_name(f".{self._file.name}.{os.getpid()}")
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump([asdict(account) for account in self._accounts.values()], file)
        partial.replace(self._file)
