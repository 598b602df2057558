"""Metrics: pure functions on arrays, one metric a file."""
