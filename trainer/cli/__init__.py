"""Command line: `python -m trainer`. argparse only; one file a command group."""
