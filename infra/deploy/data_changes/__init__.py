"""Change the data stack without a loss: in steps, with kept resources, and removals after the code that used them."""
