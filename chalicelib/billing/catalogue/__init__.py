"""Plans, add-ons and credit packs, with their prices."""
