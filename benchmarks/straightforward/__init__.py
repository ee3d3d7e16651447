"""The control: the same contract, written the straightforward way."""
