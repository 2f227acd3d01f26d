"""Archive, expiry, erasure and export, by the rules that each context declares."""
