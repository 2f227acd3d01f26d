"""The version of Backroom, which the API states; pyproject.toml and CHANGELOG.md have the same."""

VERSION = "0.2.0"
