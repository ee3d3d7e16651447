"""Firebase Auth's side: Identity Toolkit as phone apps and as the admin SDK call it, certificates."""

import time
from collections.abc import Callable, Mapping

from apps.sandbox import signing
from apps.sandbox.account import PROJECT
from apps.sandbox.answer import Answer, Refused
from apps.sandbox.otp import Codes
from apps.sandbox.people import Account, People
from apps.sandbox.proofs import SITE_KEY, Proofs

CERTIFICATES = "/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com"
Body = Mapping[str, object]


class Identity:
    """Phone sign-in of one pretended project."""

    def __init__(self, *, people: People, codes: Codes) -> None:
        self.people = people
        self.codes = codes
        self.proofs = Proofs()
        self.keys = signing.Keyring()
        # What a phone app calls, with an API key that is no secret.
        self.public: dict[str, Callable[[Body], Body]] = {
            "/v1/accounts:sendVerificationCode": self._send_code,
            "/v1/accounts:signInWithPhoneNumber": self._sign_in,
            "/v1/token": self._refresh,
        }
        # What a server calls, with an access token of the service account.
        self.admin: dict[str, Callable[[Body], Body]] = {
            f"/v1/projects/{PROJECT}/accounts:lookup": self._lookup,
            f"/v1/projects/{PROJECT}/accounts:update": self._update,
            f"/v1/projects/{PROJECT}/accounts:delete": self._delete,
        }

    def certificates(self) -> Answer:
        """Return the certificates by which anybody verifies an ID token."""
        kept = f"public, max-age={signing.CERTIFICATES_MAX_AGE_S}, must-revalidate, no-transform"
        return Answer(200, self.keys.certificates(), {"Cache-Control": kept})

    def forge(self, order: Body) -> Body:
        """
        Return an ID token as a test wants it: genuine claims of `uid` and `phone`, then `claims`
        over them (null takes one away), then `header` likewise, signed by us or a stranger.
        """
        now = signing.seconds()
        claims = signing.id_claims(
            uid=str(order.get("uid", "")),
            phone=str(order.get("phone", "")),
            signed_in_at=now,
            now=now,
        )
        changes, header = order.get("claims", {}), order.get("header", {})
        if not isinstance(changes, dict) or not isinstance(header, dict):
            raise Refused("INVALID_REQUEST")
        wanted = {name: v for name, v in {**claims, **changes}.items() if v is not None}
        signer = str(order.get("signer", ""))
        return {"idToken": self.keys.sign(wanted, header=header, signer=signer)}

    def recaptcha_params(self) -> Body:
        """Return what a browser needs to show that a person sits at it (`v1.getRecaptchaParams`)."""
        return {"recaptchaSiteKey": SITE_KEY}

    def _send_code(self, body: Body) -> Body:
        phone = self.codes.number(body.get("phoneNumber"))
        # A fixed code costs no message: Firebase lets anybody ask for it.
        if not self.codes.test_numbers.code_of(phone):
            self.proofs.use_up(body)
        return {"sessionInfo": self.codes.send(phone=phone)}

    def _sign_in(self, body: Body) -> Body:
        phone = self.codes.redeem(session=body.get("sessionInfo"), code=body.get("code"))
        # An ID token has no number of its own: two of one second would be the same token, which
        # opens one session.
        while signing.seconds() <= self.people.last_sign_in(phone=phone):
            time.sleep(0.05)
        now, is_new = signing.seconds(), False
        if body.get("idToken"):
            uid = self._uid_of(str(body["idToken"]))
            account, refresh = self.people.change_phone(uid=uid, phone=phone, now=now)
        else:
            account, refresh, is_new = self.people.sign_in(phone=phone, now=now)
        return {
            "idToken": self._id_token(account, signed_in_at=now),
            "refreshToken": refresh,
            "expiresIn": str(signing.TOKEN_LIFE_S),
            "localId": account.uid,
            "isNewUser": is_new,
            "phoneNumber": account.phone,
        }

    def _refresh(self, body: Body) -> Body:
        if body.get("grant_type") != "refresh_token":
            raise Refused("INVALID_GRANT_TYPE")
        if not body.get("refresh_token"):
            raise Refused("MISSING_REFRESH_TOKEN")
        token = str(body["refresh_token"])
        account, signed_in_at = self.people.refresh(token=token)
        fresh = self._id_token(account, signed_in_at=signed_in_at)
        return {
            "access_token": fresh,
            "id_token": fresh,
            "expires_in": str(signing.TOKEN_LIFE_S),
            "token_type": "Bearer",
            "refresh_token": token,
            "user_id": account.uid,
            "project_id": PROJECT,
        }

    def _lookup(self, body: Body) -> Body:
        users = self.people.lookup(
            uids=_texts(body.get("localId")), phones=_texts(body.get("phoneNumber"))
        )
        # Google leaves the member out when there is nobody.
        found: Body = {"users": users} if users else {}
        return {"kind": "identitytoolkit#GetAccountInfoResponse", **found}

    def _update(self, body: Body) -> Body:
        uid, since, phone = str(body.get("localId", "")), body.get("validSince"), None
        if "phone" in _texts(body.get("deleteProvider")):
            phone = ""
        elif body.get("phoneNumber"):
            phone = str(body["phoneNumber"])
        self.people.update(
            uid=uid,
            valid_since=None if since is None else int(str(since)),
            disabled=bool(body["disableUser"]) if "disableUser" in body else None,
            phone=phone,
        )
        return {"kind": "identitytoolkit#SetAccountInfoResponse", "localId": uid}

    def _delete(self, body: Body) -> Body:
        self.people.delete(uid=str(body.get("localId", "")))
        return {"kind": "identitytoolkit#DeleteAccountResponse"}

    def _id_token(self, account: Account, *, signed_in_at: int) -> str:
        claims = signing.id_claims(
            uid=account.uid,
            phone=account.phone,
            signed_in_at=signed_in_at,
            now=signing.seconds(),
        )
        return self.keys.sign(claims)

    def _uid_of(self, token: str) -> str:
        uid = self.keys.subject_of(token)
        if uid is None:
            raise Refused("INVALID_ID_TOKEN")
        return uid


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []
