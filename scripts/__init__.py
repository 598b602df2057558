"""Tools for maintainers: reference pages and pictures of the documentation."""
