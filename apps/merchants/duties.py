"""
Who may do what for a merchant: the one table, for its people by role and for its keys by scope.

Where somebody is posted at named outlets, each duty is theirs at those outlets only.
"""

from dataclasses import dataclass

OWNER, MANAGER, SCANNER, ACCOUNTANT = "OWNER", "MANAGER", "SCANNER", "ACCOUNTANT"
# Not a person: what stands in the place of a role when a merchant's own system acts.
KEY = "KEY"
EVERYBODY = frozenset({OWNER, MANAGER, SCANNER, ACCOUNTANT})


@dataclass(frozen=True, slots=True)
class Duty:
    """One thing to do for a merchant; without a scope no key does it."""

    name: str
    roles: frozenset[str]
    scope: str | None = None


SCAN = Duty("scan", frozenset({OWNER, MANAGER, SCANNER}), "handshake:execute")
READ_HANDSHAKES = Duty("read handshakes", EVERYBODY, "handshake:read")
REVERSE = Duty("reverse a handshake", frozenset({OWNER, MANAGER}), "handshake:reverse")
# A dispute is one person's word against another's.
DISPUTE = Duty("dispute a handshake", frozenset({OWNER, MANAGER}))
READ_CAMPAIGNS = Duty("read campaigns", EVERYBODY, "campaigns:read")
WRITE_CAMPAIGNS = Duty("write campaigns", frozenset({OWNER, MANAGER}), "campaigns:write")
READ_PROFILE = Duty("read the profile", EVERYBODY, "profile:read")
READ_MONEY = Duty(
    "read transactions and the wallet",
    frozenset({OWNER, MANAGER, ACCOUNTANT}),
    "transactions:read",
)
READ_ANALYTICS = Duty("read the figures", frozenset({OWNER, MANAGER, ACCOUNTANT}), "analytics:read")
# A key reads the documents there are; it takes no number of a series.
ASK_RECEIPTS = Duty("ask for receipts", frozenset({OWNER, MANAGER, ACCOUNTANT}))
ADD_MONEY = Duty("add money", frozenset({OWNER, MANAGER, ACCOUNTANT}))
# Where money may leave to, and that it leaves: no key does it, and nobody but who owns it.
TAKE_MONEY_OUT = Duty("take money out", frozenset({OWNER}))
SET_BALANCE_RULE = Duty("set what happens at a low balance", frozenset({OWNER, MANAGER}))
MANAGE_OUTLETS = Duty("manage outlets", frozenset({OWNER, MANAGER}))
# Managers decide about scanners alone (services.staff.check_may_post).
MANAGE_STAFF = Duty("manage staff", frozenset({OWNER, MANAGER}))
LEAVE = Duty("leave", EVERYBODY)
MANAGE_KEYS = Duty("manage API keys", frozenset({OWNER}))
# Who holds its secret can pretend to be us towards the business.
MANAGE_WEBHOOKS = Duty("manage webhooks", frozenset({OWNER}))
# It binds the business month after month.
CHOOSE_PLAN = Duty("choose the plan", frozenset({OWNER}))
# No key buys: a till that was stolen must not spend the wallet on advertising.
BOOST = Duty("boost a campaign", frozenset({OWNER, MANAGER}))

DUTIES = (
    SCAN,
    READ_HANDSHAKES,
    REVERSE,
    DISPUTE,
    READ_CAMPAIGNS,
    WRITE_CAMPAIGNS,
    READ_PROFILE,
    READ_MONEY,
    READ_ANALYTICS,
    ASK_RECEIPTS,
    ADD_MONEY,
    TAKE_MONEY_OUT,
    SET_BALANCE_RULE,
    MANAGE_OUTLETS,
    MANAGE_STAFF,
    LEAVE,
    MANAGE_KEYS,
    MANAGE_WEBHOOKS,
    CHOOSE_PLAN,
    BOOST,
)
SCOPES = {duty.scope: duty.name for duty in DUTIES if duty.scope is not None}
