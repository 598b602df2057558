"""Training objectives: InfoNCE, KL, dim-noise and supervised for encoders; reconstruction, adversarial for decoders."""

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
