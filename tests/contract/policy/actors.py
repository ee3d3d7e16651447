"""Everybody who may call, and what each kind of row expects of them."""

# Answers 401 everywhere but on what is public.
UNKNOWN = ("stranger", "expired", "revoked")
# `suspended_rider` may not book for a while, `closed_rider` holds a token that outlived the account.
RIDERS = ("rider", "other_rider", "suspended_rider", "closed_rider")
POSTS = ("owner", "manager", "scanner", "accountant")
# A post at another outlet of the same merchant; a token of a merchant's side without any post.
STAFF = (*POSTS, "manager_elsewhere", "scanner_elsewhere", "no_staff", "other_owner")
# `key` has every scope of merchant A, `weak_key` one that nothing asks for, `other_key` is merchant B's.
KEYS = ("key", "weak_key", "other_key")
# City managers of the objects' zone and of another, and somebody of the zone's support.
OPERATORS = ("operator", "operator_elsewhere", "operator_support")
ACTORS = (*UNKNOWN, *RIDERS, *STAFF, *KEYS, *OPERATORS)

# A number is a status of success, a text the `code` of the problem.
Expected = int | str
Who = dict[str, Expected]


def outside(actor: str) -> Expected:
    """Return what an actor gets whom a row does not name."""
    return "not_authenticated" if actor in UNKNOWN else "permission_denied"


def anybody(ok: Expected, *, bad_token: Expected | None = None) -> Who:
    """Public: the same for all; a bad token is refused where tokens are looked at."""
    answers = dict.fromkeys(ACTORS, ok)
    if bad_token is not None:
        answers |= {"expired": bad_token, "revoked": bad_token}
    return answers


def people(ok: Expected) -> Who:
    """Everybody who signed in, for what is their own."""
    return dict.fromkeys((*RIDERS, *STAFF, *OPERATORS), ok)


def riders(
    ok: Expected,
    *,
    foreign: Expected | None = None,
    suspended: Expected | None = None,
    closed: Expected | None = None,
) -> Who:
    """A rider; with `foreign`, what the others get for this rider's object."""
    others = ok if foreign is None else foreign
    return {
        "rider": ok,
        "other_rider": others,
        "suspended_rider": others if suspended is None else suspended,
        "closed_rider": others if closed is None else closed,
    }


def staff(
    ok: Expected,
    roles: str,
    *,
    foreign: Expected | None = None,
    elsewhere: Expected | None = None,
    key: bool = False,
    by_key: Expected | None = None,
    wrong_role: Expected = "role_not_allowed",
    no_post: Expected = "not_a_merchant",
) -> Who:
    """
    A merchant's people in these roles and, with `key`, its systems.

    `foreign` is what another merchant gets for this one's object, `elsewhere` what somebody gets in
    the right role at another outlet.
    """
    allowed = roles.split()
    foreign = ok if foreign is None else foreign
    elsewhere = ok if elsewhere is None else elsewhere
    answers: dict[str, Expected] = {post: ok if post in allowed else wrong_role for post in POSTS}
    for role in ("manager", "scanner"):
        answers[f"{role}_elsewhere"] = elsewhere if role in allowed else wrong_role
    answers |= {"no_staff": no_post, "other_owner": foreign}
    if key:
        answers |= {
            "key": ok if by_key is None else by_key,
            "weak_key": "insufficient_scope",
            "other_key": foreign,
        }
    return answers


def operators(ok: Expected, *, foreign: Expected | None = None, support: bool = False) -> Who:
    """Operators in the right role; with `foreign`, what another zone's gets for this one's object."""
    answers: dict[str, Expected] = {
        "operator": ok,
        "operator_elsewhere": ok if foreign is None else foreign,
    }
    return answers | ({"operator_support": ok} if support else {})
