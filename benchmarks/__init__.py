"""What the platform can do here, as ratios against the limit measured in the same run."""
