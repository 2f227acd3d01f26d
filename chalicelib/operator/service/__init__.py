"""Use cases of the operator's console that belong to no other context, over HTTP and as operator commands."""
