"""The shapes of what riders and operators send and read."""
