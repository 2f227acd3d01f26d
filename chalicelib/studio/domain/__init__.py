"""Pure rules of the studio: no I/O."""
