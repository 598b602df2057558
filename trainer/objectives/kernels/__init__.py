"""Hand-written gradients of the objectives, each tested equal to its plain reference."""
