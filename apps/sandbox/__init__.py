"""Stand-ins for other people's clouds: their own process, reached by HTTP only."""
