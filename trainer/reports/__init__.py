"""What `python -m trainer analyse` finds out about bundles over recordings: rows for report.json, and tables to read.

The measures themselves are pure functions in trainer.analysis; here are the loops over clips, modules and bundles.
"""
