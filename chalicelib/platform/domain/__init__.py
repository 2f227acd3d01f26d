"""Rules of platform without I/O."""
