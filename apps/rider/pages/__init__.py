"""The pages of the rider's app."""
