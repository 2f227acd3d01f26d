"""Pages of discounts."""
