"""Use cases of the studio, a module a family."""
