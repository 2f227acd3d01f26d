"""One package per vendor or trade, or one module where that is enough. Only code in here imports the vendor's library."""
