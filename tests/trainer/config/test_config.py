import pytest
from pydantic import ValidationError

from trainer.config import PRESETS, Config, override, preset


@pytest.mark.parametrize("name", PRESETS)
def test_preset_equals_itself_after_json(name: str) -> None:
    config = preset(name)
    assert config.preset == name
    assert Config.model_validate_json(config.model_dump_json()) == config


def test_gim_is_sim_without_posterior_and_kl() -> None:
    sim, gim = preset("sim"), preset("gim")
    assert not gim.encoder.probabilistic
    assert gim.objective.beta == (0.0, 0.0, 0.0)
    assert gim.encoder.modules == sim.encoder.modules
    assert gim.training == sim.training
    assert gim.decoder == sim.decoder


def test_sim_beta_equals_the_published_one_for_a_kl_summed_over_dims() -> None:
    from trainer.geometry import encoder_geometry

    config = preset("sim")
    frames = [
        module.frames(config.training.crop_samples) for module in encoder_geometry(config.encoder, config.sample_rate)
    ]
    expected = [0.01 * count / module.dims for count, module in zip(frames, config.encoder.modules, strict=True)]
    assert config.objective.beta == pytest.approx(expected, abs=5e-6)


def test_demo_has_at_most_64_dims_and_three_modules() -> None:
    assert [module.dims <= 64 for module in preset("demo").encoder.modules] == [True] * 3


def test_unknown_preset_raises_with_all_names() -> None:
    with pytest.raises(ValueError, match="demo, sim, sim-plus"):
        preset("simm")


def test_override_replaces_and_validates() -> None:
    changed = override(preset("tiny"), {"training.steps": 7, "objective.beta": [0.1, 0.2, 0.3]})
    assert changed.training.steps == 7
    assert changed.objective.beta == (0.1, 0.2, 0.3)
    with pytest.raises(ValueError, match=r"training\.stepz"):
        override(preset("tiny"), {"training.stepz": 7})
    with pytest.raises(ValidationError, match="one value for each"):
        override(preset("tiny"), {"objective.beta": [0.1]})


def test_config_is_frozen() -> None:
    with pytest.raises(ValidationError):
        preset("tiny").sample_rate = 8000  # type: ignore[misc]


def test_baselines_differ_from_sim_as_their_names_say() -> None:
    sim, cpc, supervised, untrained = (preset(name) for name in ("sim", "cpc", "supervised", "untrained"))
    (module,) = cpc.encoder.modules
    assert module.convs == tuple(conv for part in sim.encoder.modules for conv in part.convs)
    assert cpc.encoder.context == sim.encoder.context
    assert cpc.objective.end_to_end
    assert supervised.encoder.modules == sim.encoder.modules
    assert supervised.objective.label == "syllable"
    assert untrained.training.steps == 0
    assert untrained.model_copy(update={"preset": "sim", "training": sim.training}) == sim


def test_end_to_end_needs_a_deterministic_encoder() -> None:
    with pytest.raises(ValidationError, match="probabilistic"):
        override(preset("cpc"), {"encoder.probabilistic": True})


def test_config_without_a_kind_of_objective_is_read() -> None:
    tree = preset("tiny").model_dump(mode="json")
    del tree["objective"]["kind"]
    assert Config.model_validate(tree) == preset("tiny")


def test_augmentation_excludes_a_window() -> None:
    with pytest.raises(ValidationError, match="limit anchors"):
        override(preset("sim-plus"), {"objective.window": 64})


def test_old_setting_names_are_read() -> None:
    tree = preset("sim-plus").model_dump(mode="json")
    for training in (tree["training"], tree["decoder_training"]):
        training["rates"] = training.pop("speeds")
    tree["decoder_loss"]["least_spread"] = tree["decoder_loss"].pop("min_noise_scale")
    views = tree["objective"].pop("augmentation")
    views["rates"], views["excerpts"] = views.pop("speeds"), views.pop("time_crop_probability")
    tree["objective"]["views"] = views
    assert Config.model_validate(tree) == preset("sim-plus")


def test_override_with_an_old_name_warns() -> None:
    with pytest.warns(
        FutureWarning, match=r"objective\.views\.rates is deprecated.*use objective\.augmentation\.speeds"
    ):
        changed = override(preset("sim-plus"), {"objective.views.rates": (0.9,)})
    assert changed == override(preset("sim-plus"), {"objective.augmentation.speeds": (0.9,)})
