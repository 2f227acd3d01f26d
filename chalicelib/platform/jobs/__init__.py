"""Queue consumers and schedules of platform.

A function's rights and its cold start follow from what its module imports, so that only functions of one kind share one.
"""
