"""What platform does: it reads, decides and writes."""
