"""Encoder, decoders, and the trained model that holds both."""

from trainer.model.decoder import Decoder, make_decoder
from trainer.model.model import Model
from trainer.model.posterior import Posterior
from trainer.model.rotation import Axes
from trainer.model.sim import SIM

__all__ = ["SIM", "Axes", "Decoder", "Model", "Posterior", "make_decoder"]
