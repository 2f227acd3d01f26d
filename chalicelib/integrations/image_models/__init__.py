"""Image models: `selection` for those that return a picture, `http_jobs` for a provider with jobs and callbacks."""
