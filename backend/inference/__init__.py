"""Inference: engine, worker queue, encoding, decoding, traversals, rendering."""
