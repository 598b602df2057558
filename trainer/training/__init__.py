"""Training of encoders and decoders: loop, checkpoints, optimisers, progress."""
