"""HTTP routes of discounts."""
