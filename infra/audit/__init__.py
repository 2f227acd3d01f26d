"""Known advisories of the locked packages."""
