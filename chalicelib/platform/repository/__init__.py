"""What platform reads from and writes to its tables."""
