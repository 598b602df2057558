"""Fast paths with hand-written gradients or other runtimes, each tested equal to its plain reference."""
