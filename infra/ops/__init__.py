"""Operator commands: one command line over a running stack or an account (STAGE, AWS_* and TABLE_PREFIX choose)."""
