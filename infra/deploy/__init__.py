"""What is deployed: the data stack, the handlers that the app declares, and the bundle with its templates."""
