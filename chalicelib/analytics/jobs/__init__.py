"""Queue consumers and schedules of analytics. None reports its errors: the report would be an event that may fail, too.

A function's rights and its cold start follow from what its module imports, so that only functions of one kind share one.
"""
