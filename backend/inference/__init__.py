"""Inference: engine, worker, encoding, decoding, traversal and rendering."""
