"""Pure rules of retention: erasure plan, subject matching, archive pages, rate limiter."""
