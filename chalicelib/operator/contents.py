"""Blueprints of `operator`, each with the path prefixes that it answers."""

BLUEPRINTS: dict[str, tuple[str, ...]] = {
    "chalicelib.operator.routes": ("/operator", "/v1/operator/dead-letters", "/v1/operator/buckets"),
}
