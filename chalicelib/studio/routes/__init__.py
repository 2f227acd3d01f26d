"""HTTP of the studio: one blueprint for merchants, one for shoppers."""
