"""The shapes of people and sign-in on the wire."""
