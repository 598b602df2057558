"""Fast paths: hand-written gradients and other runtimes. Each names its plain reference and is tested equal to it."""
