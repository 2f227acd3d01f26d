"""Use cases of retention, a module each: the sweep of every rule's expired rows, requests of privacy.

None is imported here: the API, which shows requests, is not to reach what scans and archives.
"""
