"""Pure rules of discounts."""
