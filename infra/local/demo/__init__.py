"""The main job, walked over HTTP against a running stack, on a real photo."""
