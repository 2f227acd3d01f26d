"""`/operator/app`: the operator's console."""
