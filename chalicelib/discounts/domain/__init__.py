"""Rules without I/O. They import the standard library and the enums of the context only."""
