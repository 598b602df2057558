"""Properties of latent dimensions and of paths through a latent space."""
