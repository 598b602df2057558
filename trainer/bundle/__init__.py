"""Bundles: trained models on disk. A bundle is a folder of JSON and safetensors, and contains no code.

config.json            format version, configuration, provenance
encoder.safetensors    decoder-1.safetensors ...
whitening.safetensors  whitening of the latent spaces (optional)
axes.safetensors       rotation of the latent spaces  (optional)
report.json            analysis results               (optional)
typicality.safetensors frames of a corpus             (optional)
examples/              *.flac and examples.json       (optional)
MODEL_CARD.md          description for readers        (optional)

The comparison of several models is in the folder of their ensemble: ensemble.json.
"""

from trainer.bundle.ensembles import (
    ENSEMBLE,
    Channel,
    Ensemble,
    Estimate,
    FusedRow,
    HotSpot,
    HotSpotLabel,
    LabelChannel,
    Member,
    ModuleComparison,
    PackedArray,
    read_ensemble,
    write_ensemble,
)
from trainer.bundle.files import BundleError, write_json
from trainer.bundle.schema import (
    AcousticEffect,
    BundleConfig,
    CorpusNote,
    DimensionReport,
    Example,
    FactorLabel,
    HistogramReport,
    ModuleReport,
    Phone,
    PriorReport,
    Provenance,
    Report,
    TopActivation,
)
from trainer.bundle.store import (
    DEMO,
    FORMAT_VERSION,
    decoder_modules,
    digest,
    load,
    load_encoder,
    read_config,
    read_example,
    read_examples,
    read_report,
    save,
    save_decoder,
    save_rotation,
    save_whitening,
    write_report,
)
from trainer.bundle.typicality import TypicalityReference, read_typicality, save_typicality

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
    "Estimate",
    "Example",
    "FactorLabel",
    "FusedRow",
    "HistogramReport",
    "HotSpot",
    "HotSpotLabel",
    "LabelChannel",
    "Member",
    "ModuleComparison",
    "ModuleReport",
    "PackedArray",
    "Phone",
    "PriorReport",
    "Provenance",
    "Report",
    "TopActivation",
    "TypicalityReference",
    "decoder_modules",
    "digest",
    "load",
    "load_encoder",
    "read_config",
    "read_ensemble",
    "read_example",
    "read_examples",
    "read_report",
    "read_typicality",
    "save",
    "save_decoder",
    "save_rotation",
    "save_typicality",
    "save_whitening",
    "write_ensemble",
    "write_json",
    "write_report",
]
