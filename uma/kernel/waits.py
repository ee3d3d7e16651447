"""For how long a statement, a lock and an idle transaction may last, on every connection of ours."""

SETTINGS = {
    "lock_timeout": "2000",
    "statement_timeout": "5000",
    "idle_in_transaction_session_timeout": "5000",
    "timezone": "UTC",
}
# As a connection says them. The serving role has them too: what stands between may not pass them on (decisions/0066).
AS_OPTIONS = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
