"""Personal data at rest: sealed with AES-256-GCM to its row and column, found by a blind index."""
