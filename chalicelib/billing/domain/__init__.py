"""Pure rules of billing: no I/O."""
