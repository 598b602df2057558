"""Serves trained bundles and the page over HTTP. Owns no mathematics: all of that is the trainer's."""
