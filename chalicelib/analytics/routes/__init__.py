"""HTTP routes of analytics, for browsers, members, readers of a site and operators."""
