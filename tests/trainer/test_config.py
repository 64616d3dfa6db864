from pathlib import Path

import pytest

from trainer.commands.train import parse_settings
from trainer.config import (
    CROWD,
    PAPER,
    Config,
    PaperGeneratorConfig,
    from_dict,
    overridden,
    override_from_toml,
    to_dict,
)
from trainer.errors import UserError


@pytest.mark.parametrize("preset", [CROWD, PAPER])
def test_a_config_survives_its_own_json(preset: Config) -> None:
    assert from_dict(to_dict(preset)) == preset


def test_toml_then_settings_override_the_preset(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("seed = 4\n[loss]\nr1 = 1\n[generator]\nchannels = [64, 32, 16, 16]\n")
    config = overridden(override_from_toml(CROWD, path), parse_settings(["loss.r1=0.25", "loss.kind=bce"]))
    assert (config.seed, config.loss.r1, config.loss.kind) == (4, 0.25, "bce")
    assert config.generator.channels == (64, 32, 16, 16)
    assert config.loss.r2 == CROWD.loss.r2


def test_a_variant_is_chosen_by_its_kind() -> None:
    config = overridden(CROWD, {"generator": {"kind": "paper", "hidden": 70}})
    assert config.generator == PaperGeneratorConfig(hidden=70)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"lose": 1}, r"no setting 'lose' \(do you mean loss\?\); there are: preset, "),
        ({"loss": {"r3": 1.0}}, r"no setting 'loss.r3'"),
        ({"log": {"Valdation": 1}}, r"no setting 'log.Valdation' \(do you mean validation\?\); there are: "),
        ({"rate": 1.0}, r"no setting 'rate' \(do you mean distillation.rate or optimiser.rate\?\); there are: "),
        ({"half_life": 1.0}, r"no setting 'half_life' \(do you mean ema.half_life\?\)"),
        ({"zzz": 1.0}, r"no setting 'zzz'; there are: "),
        ({"loss": 3}, "loss is a group"),
        ({"loss": {"r1": "much"}}, r"loss.r1: 'much' is not of type float"),
        ({"loss": {"kind": "wgan"}}, r"loss.kind: 'wgan' is not one of bce, relativistic"),
        ({"seed": True}, "seed: True is not of type int"),
        ({"generator": {"kind": "huge"}}, r"generator.kind: no 'huge'"),
        ({"data": {"age_limits": "3"}}, r"data.age_limits: '3' is not a list"),
    ],
)
def test_a_setting_that_does_not_fit_is_named(values: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message):
        overridden(CROWD, values)


def test_a_setting_without_a_value_is_told() -> None:
    with pytest.raises(UserError, match="give NAME=VALUE"):
        parse_settings(["loss.r1"])


def test_a_broken_toml_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[loss\n")
    with pytest.raises(UserError, match=r"mine\.toml"):
        override_from_toml(CROWD, path)


def test_a_single_number_is_a_list_of_one() -> None:
    assert overridden(CROWD, {"loss": {"classifier_floor": 0.8}}).loss.classifier_floor == (0.8,)
