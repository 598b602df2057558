"""Hand-written gradients, each next to its plain reference, and tested equal to it."""
