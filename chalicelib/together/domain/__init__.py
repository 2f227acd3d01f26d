"""Rules of together without I/O."""
