"""Operator commands for a running local stack or an AWS account; STAGE, AWS_* and TABLE_PREFIX select which."""
