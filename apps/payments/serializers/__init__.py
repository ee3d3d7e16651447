"""The shapes of money in and out on the wire."""
