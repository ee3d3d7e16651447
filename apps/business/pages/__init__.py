"""The pages of the business app."""
