"""Encoder, decoders, and the trained model that joins them."""

from trainer.model.decoder import Decoder, make_decoder
from trainer.model.model import Model
from trainer.model.posterior import Posterior
from trainer.model.rotation import Rotation
from trainer.model.sim import SIM
from trainer.model.whitening import Whitening

__all__ = ["SIM", "Decoder", "Model", "Posterior", "Rotation", "Whitening", "make_decoder"]
