"""Text models: `selection` chooses one by `TEXT_MODEL`."""
