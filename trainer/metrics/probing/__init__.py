"""Probes: how much of a label can be read from a representation."""
