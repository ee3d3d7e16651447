"""The shapes of journeys on the wire."""
