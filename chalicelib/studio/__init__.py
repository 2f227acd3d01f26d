"""Studio: AI product images, from a shopper's photo to a print."""
