"""HTTP of the studio: merchants, shoppers, operators."""
