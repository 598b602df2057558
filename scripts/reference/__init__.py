"""Renderers of the generated reference pages, one file per page."""
