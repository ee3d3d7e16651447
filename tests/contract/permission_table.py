"""
Who may do what: one row per method and path, the status for each kind of caller.

The request carries an empty body and fresh ids, so a number is what authorisation or the missing
object gives, and `ALLOWED` means "let in": anything but 401, 403, 429 and 5xx. A caller that is not
named gets 401 when a stranger and 403 otherwise, so a row names only whom it lets in.
"""

ALLOWED = 0
ANYBODY = {"stranger": ALLOWED, "rider": ALLOWED, "merchant": ALLOWED, "operator": ALLOWED}
SIGNED_IN = {"rider": ALLOWED, "merchant": ALLOWED, "operator": ALLOWED}
RIDERS = {"rider": ALLOWED}
MERCHANTS = {"merchant": ALLOWED}
OPERATORS = {"operator": ALLOWED}

TABLE: list[tuple[str, str, dict[str, int]]] = [
    ("GET", "/api/schema", ANYBODY),
    ("GET", "/api/docs", ANYBODY),
    ("POST", "/api/user/devices", SIGNED_IN),
]
