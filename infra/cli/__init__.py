"""The console script `backroom`."""
