"""The measured programs. Each file is a program that prints {"seconds", "peak_mb"} as one line of JSON."""
