"""Pure rules of analytics: no I/O."""
