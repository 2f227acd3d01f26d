"""Scripts and pages of analytics."""
