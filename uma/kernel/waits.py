"""For how long a statement, a lock and an idle transaction may last, on every connection of ours."""

SETTINGS = {
    "lock_timeout": "2000",
    "statement_timeout": "5000",
    "idle_in_transaction_session_timeout": "5000",
    "timezone": "UTC",
}
# Whoever migrates builds indexes of large tables: one that is ended half-way stays behind, invalid. For a
# lock nobody waits longer.
OF_OWNER = {**SETTINGS, "statement_timeout": "0"}


def as_options(waits: dict[str, str]) -> str:
    """Return them as a connection says them; what stands between may not pass them on (decisions/0066)."""
    return " ".join(f"-c {name}={value}" for name, value in waits.items())
