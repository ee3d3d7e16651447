"""
Who may do what: one row per method and path, the status for each kind of caller.

The request carries an empty body and fresh ids, so a number is what authorisation or the missing
object gives, a text is the `code` of a 403 that only somebody of the right role can get, and
`ALLOWED` means "let in": anything but 401, 403, 429 and 5xx. A caller that is not named gets 401
when a stranger and 403 `permission_denied` otherwise, so a row names only whom it lets in.
"""

ALLOWED = 0
# Let in by role, then refused as staff of no merchant, which the caller of the table is.
NO_STAFF = "not_a_merchant"
Who = dict[str, int | str]
ANYBODY: Who = {"stranger": ALLOWED, "rider": ALLOWED, "merchant": ALLOWED, "operator": ALLOWED}
SIGNED_IN: Who = {"rider": ALLOWED, "merchant": ALLOWED, "operator": ALLOWED}
RIDERS: Who = {"rider": ALLOWED}
MERCHANTS: Who = {"merchant": NO_STAFF}
SCANNERS: Who = {"merchant": ALLOWED}
OPERATORS: Who = {"operator": ALLOWED}

TABLE: list[tuple[str, str, Who]] = [
    ("GET", "/api/schema", ANYBODY),
    ("GET", "/api/docs", ANYBODY),
    ("GET", "/api/merchant/profile", MERCHANTS),
    ("GET", "/api/campaigns", RIDERS | MERCHANTS),
    ("POST", "/api/campaigns", MERCHANTS),
    ("GET", "/api/campaigns/{campaign_id}", RIDERS | MERCHANTS),
    ("PUT", "/api/campaigns/{campaign_id}", MERCHANTS),
    ("PATCH", "/api/campaigns/{campaign_id}", MERCHANTS),
    ("DELETE", "/api/campaigns/{campaign_id}", MERCHANTS),
    ("GET", "/api/campaigns/{campaign_id}/exposure", MERCHANTS),
    ("POST", "/api/campaigns/{campaign_id}/submit", MERCHANTS),
    ("POST", "/api/campaigns/{campaign_id}/pause", MERCHANTS),
    ("POST", "/api/campaigns/{campaign_id}/resume", MERCHANTS),
    ("POST", "/api/campaigns/{campaign_id}/end", MERCHANTS),
    ("POST", "/api/campaigns/{campaign_id}/clone", MERCHANTS),
    ("POST", "/api/campaigns/{campaign_id}/approve", OPERATORS),
    ("POST", "/api/campaigns/{campaign_id}/reject", OPERATORS),
    ("POST", "/api/rides/book", RIDERS),
    ("GET", "/api/rides", RIDERS),
    ("GET", "/api/rides/{booking_id}", RIDERS),
    ("GET", "/api/rides/{booking_id}/qr", RIDERS),
    ("POST", "/api/rides/{booking_id}/cancel", RIDERS),
    ("GET", "/api/user/profile", RIDERS),
    ("GET", "/api/user/wallet", RIDERS),
    ("GET", "/api/user/transactions", RIDERS),
    ("POST", "/api/user/devices", SIGNED_IN),
    ("POST", "/api/handshake/execute", SCANNERS),
    ("POST", "/api/handshake/preview", SCANNERS),
    ("GET", "/api/handshake/{handshake_id}", RIDERS | MERCHANTS | {"operator": NO_STAFF}),
    ("POST", "/api/handshake/{handshake_id}/reverse", SCANNERS),
    ("POST", "/api/handshake/{handshake_id}/dispute", SIGNED_IN),
    ("GET", "/api/transactions", MERCHANTS),
]
