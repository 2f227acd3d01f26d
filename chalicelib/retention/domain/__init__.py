"""Pure rules of retention: no I/O."""
