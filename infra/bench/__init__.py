"""What is measured: round trips and capacity units exactly, speed and memory as ratios beside the peers."""
