"""What training minimises: for an encoder by its preset, for a decoder the distance to the original."""

from trainer.objectives.adversarial import AdversarialLoss
from trainer.objectives.infomax import InfoMaxObjective, ModuleLoss
from trainer.objectives.infonce import InfoNCE, prediction_frames
from trainer.objectives.pooled_infonce import PooledInfoNCE
from trainer.objectives.reconstruction import ReconstructionLoss
from trainer.objectives.supervised import SupervisedObjective

__all__ = [
    "AdversarialLoss",
    "InfoMaxObjective",
    "InfoNCE",
    "ModuleLoss",
    "PooledInfoNCE",
    "ReconstructionLoss",
    "SupervisedObjective",
    "prediction_frames",
]
