"""Tests of the technique of accounts; its flows are tested over HTTP in tests/together and tests/platform."""
