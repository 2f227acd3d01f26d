"""The demo: run the main workflow over HTTP against a running stack, with a real photo."""
