"""What is measured: each file is a program of its own that prints {"seconds", "peak_mb"} as one line of JSON."""
