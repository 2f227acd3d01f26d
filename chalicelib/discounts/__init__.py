<<<<<<< HEAD
"""SKU discounts: prices that Shopify applies, their usage, and advice drawn from it."""
=======
"""SKU discounts of a Shopify app, their usage, and what follows from it."""
>>>>>>> main
