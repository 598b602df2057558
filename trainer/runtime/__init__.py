"""Process-level support: devices, process groups, malloc settings, atomic file writes."""
