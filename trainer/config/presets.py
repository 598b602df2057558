"""The named configurations. One differs from another in nothing but values."""

from __future__ import annotations

from trainer.config.config import Config, TrainingConfig
from trainer.config.decoder import DecoderLossConfig, PaperDecoderConfig, SpectralDecoderConfig, TransposedLayer
from trainer.config.encoder import ContextConfig, ConvLayer, EncoderConfig, FilterbankConfig, ModuleConfig
from trainer.config.objective import (
    DimNoiseConfig,
    FrameDistances,
    ObjectiveConfig,
    PooledConfig,
    SupervisedConfig,
    TimeDistances,
    ViewsConfig,
)

_PAPER_CONVS = (((10, 5, 2), (8, 4, 2)), ((4, 2, 2), (4, 2, 2)), ((4, 2, 1),))
_PAPER_DECODER = (
    ((8, 4, 2, 3), (3, 1, 1, 0), (3, 1, 1, 0), (10, 5, 2, 4), (3, 1, 1, 0), (3, 1, 1, 0)),
    ((4, 2, 2, 0), (4, 2, 2, 1), (8, 4, 2, 3), (10, 5, 2, 4)),
    ((4, 2, 1, 1), (4, 2, 2, 0), (4, 2, 2, 1), (8, 4, 2, 3), (10, 5, 2, 4)),
)


def _convs(layers: tuple[tuple[int, int, int], ...]) -> tuple[ConvLayer, ...]:
    return tuple(ConvLayer(kernel=k, stride=s, padding=p) for k, s, p in layers)


def _modules(hidden: int, dims: int) -> tuple[ModuleConfig, ...]:
    return tuple(ModuleConfig(convs=_convs(layers), hidden=hidden, dims=dims) for layers in _PAPER_CONVS)


def _paper_decoder(channels: int) -> PaperDecoderConfig:
    layers = tuple(
        tuple(TransposedLayer(kernel=k, stride=s, padding=p, output_padding=o) for k, s, p, o in module)
        for module in _PAPER_DECODER
    )
    return PaperDecoderConfig(channels=channels, layers=layers)


def _sim() -> Config:
    """The paper's model on the Artificial Speech Dataset.

    The published beta of 0.01 weighs a KL summed over time and averaged over channels; on ours it is 0.01 x frames /
    dims of each module (511, 129 and 64 frames of a 10 240-sample crop, 512 dims). 1000 epochs of 680 words in
    batches of 64 are 10 600 steps. Ours alone are how negatives are drawn (32 of the batch, shared by all anchors,
    where the paper gathers 10 for each) and bfloat16 where the device has it.
    """
    training = TrainingConfig(steps=10_600, batch_size=64, crop_samples=10_240, learning_rate=2e-4, precision="auto")
    return Config(
        preset="sim",
        encoder=EncoderConfig(modules=_modules(512, 512), context=ContextConfig(hidden=256)),
        objective=ObjectiveConfig(
            prediction=FrameDistances(steps=10), negatives=32, window=128, beta=(0.00998, 0.00252, 0.00125)
        ),
        training=training,
        decoder=_paper_decoder(512),
        decoder_loss=DecoderLossConfig(waveform=1.0, log_mel=1.0, stft=0.0),
        decoder_training=training.model_copy(update={"steps": 2_200, "precision": "32-true"}),
    )


def _sim_plus() -> Config:
    """SIM for what its latents tell: wider in time, narrower in dimensions, and better than a spectrogram.

    Still modules trained one by one on contrasts of their own, with posteriors near N(0, I). What differs from `sim`:
    module 1 begins with the log energies of a filterbank, which follow no phase; modules 2 and 3 see 70 and 150 ms in
    one convolution; prediction is set in time, 10 to 200 ms ahead at every module; each crop is heard in two
    views, and a frame of one found from the other; negatives come from the clip too; a second contrast tells means over
    240 ms apart; batch norm, without biases before it; loudness normalised.
    """
    milliseconds = (10, 20, 40, 60, 80, 120, 160, 200)
    bank = FilterbankConfig(filters=80, kernel=400, stride=20, smoothing=9, pooling=4)
    training = TrainingConfig(
        steps=3_600,
        batch_size=8,
        crop_samples=12_800,
        learning_rate=1e-3,
        warmup_steps=50,
        final_learning_rate=0.01,
        weight_decay=0.01,
        gradient_clip=5.0,
        precision="auto",
    )
    return Config(
        preset="sim-plus",
        loudness_dbfs=-23.0,
        encoder=EncoderConfig(
            modules=(
                ModuleConfig(filterbank=bank, convs=(ConvLayer(kernel=3, padding=1),), hidden=192, dims=96),
                ModuleConfig(convs=(ConvLayer(kernel=14, stride=2, padding=6),), hidden=384, dims=128),
                ModuleConfig(convs=(ConvLayer(kernel=9, padding=4),), hidden=512, dims=128),
            ),
            batch_norm=True,
            conv_bias=False,
            orthogonal_heads=True,
            initial_logvar=-2.0,
        ),
        objective=ObjectiveConfig(
            prediction=TimeDistances(distances=tuple(number / 1000 for number in milliseconds), per_step=4),
            negatives=256,
            own_negatives=64,
            views=ViewsConfig(rates=(0.85, 0.92, 1.0, 1.08, 1.16), excerpts=0.5),
            pooled=PooledConfig(),
            anchors=32,
            scale_scores=True,
            beta=(0.002, 0.002, 0.002),
        ),
        training=training,
        decoder=SpectralDecoderConfig(width=192, blocks=4),
        decoder_loss=DecoderLossConfig(),
        decoder_training=training.model_copy(update={"steps": 3_000, "crop_samples": 10_240, "precision": "32-true"}),
    )


def _gim() -> Config:
    """Greedy InfoMax (Löwe et al., arXiv 1905.11786): `sim` without the posterior and its KL."""
    sim = _sim()
    return sim.model_copy(
        update={
            "preset": "gim",
            "encoder": sim.encoder.model_copy(update={"probabilistic": False}),
            "objective": sim.objective.model_copy(update={"beta": (0.0, 0.0, 0.0)}),
        }
    )


def _cpc() -> Config:
    """Contrastive predictive coding (van den Oord et al., arXiv 1807.03748): the same convolutions as one module, and
    one contrast, the GRU's, whose gradient reaches them all: which is why they begin as He et al. draw them, and clip.
    """
    gim = _gim()
    (first, *_) = gim.encoder.modules
    module = first.model_copy(update={"convs": _convs(tuple(layer for layers in _PAPER_CONVS for layer in layers))})
    decoder = _paper_decoder(512)
    return gim.model_copy(
        update={
            "preset": "cpc",
            "encoder": gim.encoder.model_copy(update={"modules": (module,), "he_init": True}),
            "training": gim.training.model_copy(update={"gradient_clip": 1.0}),
            "objective": gim.objective.model_copy(update={"beta": (0.0,), "end_to_end": True}),
            "decoder": decoder.model_copy(update={"layers": decoder.layers[-1:]}),
        }
    )


def _supervised() -> Config:
    """The same net end to end on a label of the corpus, the syllable unless `objective.label` says otherwise. It begins
    as He et al. draw it, as `cpc` does.
    """
    gim = _gim()
    return gim.model_copy(
        update={
            "preset": "supervised",
            "encoder": gim.encoder.model_copy(update={"he_init": True}),
            "training": gim.training.model_copy(update={"gradient_clip": 1.0}),
            "objective": SupervisedConfig(label="syllable"),
        }
    )


def _untrained() -> Config:
    """`sim` with the weights it is born with."""
    sim = _sim()
    return sim.model_copy(update={"preset": "untrained", "training": sim.training.model_copy(update={"steps": 0})})


def _demo() -> Config:
    """The shipped model: narrow enough to answer a slider at once, 64 dimensions a module.

    Like `sim-plus` it begins with the log energies of a filterbank, predicts by distances in time, takes negatives from
    the clip too, has batch norm and brings recordings to one loudness. What differs is there for the decoders' sake,
    which are to give back what it hears: every convolution adds to its input instead of taking its place; a crop is
    heard in one view, so that neither loudness nor noise is to be forgotten; prediction reaches no farther than 100 ms,
    behind as well as ahead. Crops played faster and slower stand for more voices. It decodes through an inverse STFT,
    and learns that from the means as well as from what lies around them.
    """
    milliseconds = (10, 20, 30, 40, 60, 80, 100)
    sim_plus = _sim_plus()
    assert isinstance(sim_plus.objective, ObjectiveConfig)
    dims = 64
    bank = FilterbankConfig(filters=dims, kernel=400, stride=20, smoothing=9, pooling=4)
    convs = (
        (ConvLayer(kernel=3, padding=1, residual=True),),
        (ConvLayer(kernel=10, stride=2, padding=4, residual=True), ConvLayer(kernel=5, padding=2, residual=True)),
        (ConvLayer(kernel=7, padding=3, residual=True), ConvLayer(kernel=7, padding=6, dilation=2, residual=True)),
    )
    modules = tuple(
        ModuleConfig(filterbank=None if index else bank, convs=layers, hidden=dims, dims=dims)
        for index, layers in enumerate(convs)
    )
    training = TrainingConfig(
        steps=3_000,
        batch_size=16,
        crop_samples=10_240,
        rates=(0.8, 0.87, 0.94, 1.0, 1.08, 1.16, 1.25),
        learning_rate=1e-3,
        warmup_steps=200,
        final_learning_rate=0.05,
        gradient_clip=1.0,
    )
    return Config(
        preset="demo",
        loudness_dbfs=-23.0,
        encoder=sim_plus.encoder.model_copy(update={"modules": modules}),
        objective=sim_plus.objective.model_copy(
            update={
                "prediction": TimeDistances(
                    distances=tuple(sign * number / 1000 for sign in (1, -1) for number in milliseconds), per_step=4
                ),
                "own_negatives": 128,
                "views": None,
                "pooled": None,
                "anchors": 48,
            }
        ),
        training=training,
        decoder=SpectralDecoderConfig(width=192, blocks=4, direct=True),
        decoder_loss=DecoderLossConfig(least_spread=0.0),
        decoder_training=training.model_copy(update={"steps": 12_000, "batch_size": 8, "learning_rate": 2e-3}),
    )


def _dim_noise() -> Config:
    """`demo` with noise in place of the KL (Butakov et al., arXiv 2410.06993): the other road to N(0, I)."""
    demo = _demo()
    assert isinstance(demo.objective, ObjectiveConfig)
    kept = demo.objective.model_dump(exclude={"kind"})
    return demo.model_copy(update={"preset": "dim-noise", "objective": DimNoiseConfig.model_validate(kept)})


def _narrow() -> Config:
    """For many runs: an ensemble, or a sweep. `demo` with 16 dimensions a module, all of 10 ms frames, plain
    convolutions, and a minute or two on one core.
    """
    demo = _demo()
    assert isinstance(demo.objective, ObjectiveConfig)
    bank = FilterbankConfig(filters=40, kernel=400, stride=40, smoothing=5, pooling=4)
    modules = tuple(
        ModuleConfig(
            filterbank=None if index else bank,
            convs=(ConvLayer(kernel=kernel, padding=kernel // 2),),
            hidden=32,
            dims=16,
        )
        for index, kernel in enumerate((3, 7, 9))
    )
    training = demo.training.model_copy(
        update={"steps": 1_000, "rates": (1.0,), "warmup_steps": 50, "validation_fraction": 0.2}
    )
    return demo.model_copy(
        update={
            "preset": "narrow",
            "encoder": demo.encoder.model_copy(update={"modules": modules}),
            "objective": demo.objective.model_copy(update={"negatives": 128, "own_negatives": 32, "anchors": 32}),
            "training": training,
            "decoder": SpectralDecoderConfig(width=96, blocks=2, direct=True),
            "decoder_training": training.model_copy(update={"steps": 2_000, "batch_size": 8, "learning_rate": 2e-3}),
        }
    )


def _tiny() -> Config:
    """`demo` at a size that a test trains in seconds."""
    demo = _demo()
    small = {
        "steps": 20,
        "batch_size": 4,
        "crop_samples": 5_120,
        "warmup_steps": 2,
        "checkpoint_every": 5,
        "validation_fraction": 0.25,
    }
    return demo.model_copy(
        update={
            "preset": "tiny",
            "encoder": EncoderConfig(modules=_modules(16, 8), batch_norm=True, initial_logvar=-2.0),
            "objective": demo.objective.model_copy(update={"negatives": 32, "own_negatives": 0, "anchors": 8}),
            "training": demo.training.model_copy(update=small),
            "decoder": SpectralDecoderConfig(width=16, blocks=1, direct=True),
            "decoder_training": demo.decoder_training.model_copy(update=small),
        }
    )


_PRESETS = {
    "demo": _demo,
    "sim": _sim,
    "sim-plus": _sim_plus,
    "gim": _gim,
    "cpc": _cpc,
    "supervised": _supervised,
    "untrained": _untrained,
    "dim-noise": _dim_noise,
    "narrow": _narrow,
    "tiny": _tiny,
}
PRESETS = tuple(_PRESETS)


def preset(name: str) -> Config:
    """The configuration called `name`. Raises ValueError that lists the names there are."""
    if name not in _PRESETS:
        raise ValueError(f"there is no preset {name!r}; choose one of {', '.join(PRESETS)}")
    return _PRESETS[name]()
