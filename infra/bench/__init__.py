"""Benchmarks: exact counts of round trips and capacity units; speed and memory as ratios to other programs."""
