"""HTTP endpoints of the studio for merchants, shoppers, operators and image providers."""
