"""The shapes of a merchant's own business on the wire."""
