"""A trained model on disk: a folder of JSON and safetensors, nothing that can run code.

config.json            format version, the whole configuration, provenance
encoder.safetensors    decoder-1.safetensors ...
axes.safetensors       along which latents are told   (optional)
report.json            what analysis found out        (optional)
examples/              *.flac and examples.json       (optional)
MODEL_CARD.md          for people                     (optional)

What was found out about many of them together lies in a folder beside or above: ensemble.json.
"""

from trainer.bundle.documents import BundleError, write_json
from trainer.bundle.ensembles import (
    ENSEMBLE,
    Channel,
    Ensemble,
    FusedRow,
    HotSpot,
    LabelChannel,
    Measured,
    Member,
    PackedArray,
    Space,
    SpotLabel,
    read_ensemble,
    write_ensemble,
)
from trainer.bundle.schema import (
    AcousticEffect,
    BundleConfig,
    CorpusNote,
    DimensionReport,
    Evidence,
    Example,
    FactorLabel,
    HistogramReport,
    ModuleReport,
    Phone,
    PriorReport,
    Provenance,
    Report,
)
from trainer.bundle.store import (
    DEMO,
    FORMAT_VERSION,
    decoders_of,
    digest,
    load,
    load_encoder,
    read_config,
    read_example,
    read_examples,
    read_report,
    save,
    save_axes,
    save_decoder,
    write_report,
)

__all__ = [
    "DEMO",
    "ENSEMBLE",
    "FORMAT_VERSION",
    "AcousticEffect",
    "BundleConfig",
    "BundleError",
    "Channel",
    "CorpusNote",
    "DimensionReport",
    "Ensemble",
    "Evidence",
    "Example",
    "FactorLabel",
    "FusedRow",
    "HistogramReport",
    "HotSpot",
    "LabelChannel",
    "Measured",
    "Member",
    "ModuleReport",
    "PackedArray",
    "Phone",
    "PriorReport",
    "Provenance",
    "Report",
    "Space",
    "SpotLabel",
    "decoders_of",
    "digest",
    "load",
    "load_encoder",
    "read_config",
    "read_ensemble",
    "read_example",
    "read_examples",
    "read_report",
    "save",
    "save_axes",
    "save_decoder",
    "write_ensemble",
    "write_json",
    "write_report",
]
