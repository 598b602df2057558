"""What the server holds: models, ensembles, clips."""
