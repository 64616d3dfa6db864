"""What a training run is made of: nested frozen dataclasses, with the presets as values of them.

A preset is overridden by a TOML file (`override_from_toml`), then by command-line flags (trainer/commands/train.py).
The resolved config is written into the run folder and into every checkpoint: it is all that builds the networks.
"""

import dataclasses
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

from trainer.errors import UserError
from trainer.labels.label import LabelSpec

LatentDistribution = Literal["normal", "uniform"]


@dataclass(frozen=True)
class CrowdGeneratorConfig:
    """The generator that ships (trainer/networks/crowd.py). The widths run from 4x4 upwards.

    `residual_sizes`: a residual convolution for each entry, on the feature maps of that side.
    """

    kind: Literal["crowd"] = "crowd"
    latent_size: int = 100
    latent_distribution: LatentDistribution = "normal"
    label_size: int = 64
    label_gain: float = 3.0
    style_size: int = 128
    channels: tuple[int, ...] = (192, 128, 64, 32)
    residual_sizes: tuple[int, ...] = (8, 16, 32, 8, 16)
    tail_channels: int = 6


@dataclass(frozen=True)
class CrowdDiscriminatorConfig:
    """The `crowd` discriminator. The widths run from half the picture's side down to 4x4."""

    kind: Literal["crowd"] = "crowd"
    channels: tuple[int, ...] = (32, 64, 128, 256)
    residuals: int = 1
    feature_size: int = 256
    deviation_group: int = 4
    deviation_maps: int = 4


@dataclass(frozen=True)
class PaperGeneratorConfig:
    """The 2016 system's generator (trainer/networks/paper.py)."""

    kind: Literal["paper"] = "paper"
    latent_size: int = 100
    latent_distribution: LatentDistribution = "uniform"
    hidden: int = 5000
    channels: tuple[int, ...] = (64, 32, 16, 3)


@dataclass(frozen=True)
class PaperDiscriminatorConfig:
    """The 2016 system's discriminator."""

    kind: Literal["paper"] = "paper"
    channels: tuple[int, ...] = (16, 32, 64)
    hidden: int = 5000


GeneratorConfig = CrowdGeneratorConfig | PaperGeneratorConfig
DiscriminatorConfig = CrowdDiscriminatorConfig | PaperDiscriminatorConfig


@dataclass(frozen=True)
class LossConfig:
    """The game.

    `bce`: non-saturating (Goodfellow et al. 2014); `relativistic`: real and fake in pairs of one label
    (Jolicoeur-Martineau 2018, as in R3GAN, Huang et al. 2024).

    `r1` and `r2` are the gammas of the gradient penalties on real and fake pictures (Mescheder et al. 2018; loss is
    gamma / 2 times the mean squared gradient norm), taken every `penalty_interval` steps and multiplied by it.
    `gate_d`, `gate_g`: train D only while g/d < gate_d, G only while d/g < gate_g; 0 switches the gate off.
    `guide`: weight of the frozen guide's cross-entropies on the generator, counted above `guide_floor` times what real
    held-out pictures cost it: one number for all labels, or one for each in the dataset's order. The guide is trained
    before the game, on `guide_images` pictures.
    """

    kind: Literal["bce", "relativistic"] = "relativistic"
    r1: float = 0.04
    r2: float = 0.04
    penalty_interval: int = 8
    gate_d: float = 0.0
    gate_g: float = 0.0
    guide: float = 0.5
    guide_floor: tuple[float, ...] = (1.0,)
    guide_images: int = 80_000


@dataclass(frozen=True)
class KinConfig:
    """People drawn again with other numbers, so that one person's age rises (trainer/training/kin.py).

    Of each batch `people` are drawn again, their numbers moved by up to `move` of the label's range. `lag` is the
    weight of what the guide sees fall short of `share` of the move, `unlike` that of what else changes; both 0: nobody
    is drawn again. A share above 1 asks for more than the move, since the guide, like whoever reads a face, draws a
    number that it doubts towards the middle. `labels` names those that are moved; (): all numbers.
    """

    lag: float = 1.0
    unlike: float = 0.4
    people: int = 16
    move: float = 1.0 / 6.0
    share: float = 1.3
    labels: tuple[str, ...] = ()

    def moves(self, label: LabelSpec) -> bool:
        """Whether people are drawn again with another value of `label`."""
        return label.kind == "number" and (not self.labels or label.name in self.labels)

    @property
    def active(self) -> bool:
        """Whether anybody is drawn again."""
        return self.lag > 0 or self.unlike > 0


@dataclass(frozen=True)
class OptimiserConfig:
    """Adam, for both networks.

    The rate is `rate` for `decay_start` steps, then times `decay` every `decay_interval` steps, never below
    `rate_floor`.
    """

    rate: float = 3e-4
    rate_floor: float = 0.0
    decay: float = 1.0
    decay_interval: int = 100
    decay_start: int = 0
    beta1: float = 0.0
    beta2: float = 0.99
    epsilon: float = 1e-8


@dataclass(frozen=True)
class AugmentationConfig:
    """What real and fake pictures alike go through before the discriminator (DiffAugment, Zhao et al. 2020).

    Each change has its own probability, so that none leaks into the samples (Karras et al. 2020). Shares are
    of the picture's side. `zoom` is that of zooming by up to `zoom_share` and turning by up to `turn_degrees`.
    """

    flip: bool = True
    colour: float = 0.05
    translation: float = 0.5
    translation_share: float = 0.125
    zoom: float = 0.3
    zoom_share: float = 0.1
    turn_degrees: float = 8.0
    cutout: float = 0.5
    cutout_share: float = 0.33


@dataclass(frozen=True)
class DataConfig:
    """The batch: `batch` pictures, spread evenly over the bins that the dataset's labels make (docs/labels.md).

    `age_limits` are the upper limits of the age bins, in years, instead of the dataset's own; () takes those.
    """

    batch: int = 64
    age_limits: tuple[float, ...] = (10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 200.0)


@dataclass(frozen=True)
class AverageConfig:
    """The EMA of the generator.

    `half_life` is in images. `calibration`: batches that re-estimate its batch statistics;
    0 keeps the raw network's running averages (the 2016 system kept none at all).
    """

    half_life: float = 15_000.0
    calibration: int = 32


@dataclass(frozen=True)
class WatchConfig:
    """When a run counts as dead, and what then.

    It collapsed if, after `collapse_after` images, the faces of a batch differ less than `collapse_spread` as much as
    real ones. A dead run goes back to its last checkpoint with its rate times `rate_cut`, at most `retries` times.
    """

    collapse_spread: float = 0.2
    collapse_after: int = 50_000
    rate_cut: float = 0.5
    retries: int = 2


@dataclass(frozen=True)
class LogConfig:
    """How often a run speaks, in images; how many checkpoints it keeps beside the best one.

    Early on it speaks more often: after a sixteenth, an eighth, a quarter and a half of each, too.

    At each checkpoint the run is gauged on `gauge` generated faces (trainer/training/gauge.py); 0: never, and no best.
    """

    metrics: int = 3_200
    samples: int = 12_800
    checkpoint: int = 25_600
    keep: int = 2
    gauge: int = 1_024


@dataclass(frozen=True)
class Config:
    """Everything about a run but where its files are and how long it may take."""

    preset: str = "crowd"
    resolution: int = 64
    seed: int = 1
    images: int = 10_000_000
    generator: GeneratorConfig = field(default_factory=CrowdGeneratorConfig)
    discriminator: DiscriminatorConfig = field(default_factory=CrowdDiscriminatorConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    kin: KinConfig = field(default_factory=KinConfig)
    optimiser: OptimiserConfig = field(default_factory=OptimiserConfig)
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)
    data: DataConfig = field(default_factory=DataConfig)
    average: AverageConfig = field(default_factory=AverageConfig)
    log: LogConfig = field(default_factory=LogConfig)
    watch: WatchConfig = field(default_factory=WatchConfig)


CROWD = Config()

# Sanche, "Generating Faces using Generative Adversarial Networks" (2016); github daniel-sanche/FaceGen settles what
# the text leaves out. 480,000 batches of 64 made the final model.
PAPER = Config(
    preset="paper",
    images=480_000 * 64,
    generator=PaperGeneratorConfig(),
    discriminator=PaperDiscriminatorConfig(),
    loss=LossConfig(kind="bce", r1=0.0, r2=0.0, gate_d=2.0, gate_g=3.0, guide=0.0),
    kin=KinConfig(lag=0.0, unlike=0.0),
    optimiser=OptimiserConfig(rate=5e-4, rate_floor=5e-5, decay=0.996, decay_interval=100, beta1=0.5, beta2=0.999),
    augmentation=AugmentationConfig(flip=False, colour=0.0, translation=0.0, zoom=0.0, cutout=0.0),
    data=DataConfig(batch=64, age_limits=(20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 101.0)),
    average=AverageConfig(half_life=0.0, calibration=0),
)

PRESETS: dict[str, Config] = {"crowd": CROWD, "paper": PAPER}

T = TypeVar("T")


def to_dict(config: Any) -> dict[str, Any]:
    """A config as plain JSON types."""
    return dataclasses.asdict(config)


def from_dict(values: Mapping[str, Any]) -> Config:
    """The config that `to_dict` wrote. Raises `UserError` on unknown fields or wrong types."""
    preset = values.get("preset")
    base = PRESETS.get(str(preset), CROWD)
    return overridden(base, values)


def override_from_toml(config: Config, path: Path) -> Config:
    """`config` with the fields that the TOML file at `path` names. Raises `UserError`."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read as TOML ({error})") from error
    try:
        return overridden(config, values)
    except UserError as error:
        raise UserError(f"{path}: {error}") from error


def overridden(config: T, values: Mapping[str, Any], where: str = "") -> T:
    """`config` with `values` put over it, nested as it is nested. Raises `UserError` that names the field."""
    known = {item.name: item for item in fields(config)}  # type: ignore[arg-type]
    hints = typing.get_type_hints(type(config))
    changes: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known:
            raise UserError(f"no setting {where + name!r}; there are: {', '.join(known)}")
        current = getattr(config, name)
        if dataclasses.is_dataclass(current):
            if not isinstance(value, Mapping):
                raise UserError(f"{where + name} is a group of settings, not {value!r}")
            kind = getattr(current, "kind", None)
            if isinstance(hints[name], types.UnionType) and value.get("kind", kind) != kind:
                current = variant(hints[name], value["kind"], where + name)
            changes[name] = overridden(current, value, f"{where}{name}.")
        else:
            changes[name] = checked(value, hints[name], where + name)
    return replace(config, **changes)  # type: ignore[type-var]


def variant(union: types.UnionType, kind: str, where: str) -> Any:
    """The default value of the member of `union` whose `kind` is that one."""
    for member in typing.get_args(union):
        if member().kind == kind:
            return member()
    raise UserError(f"{where}.kind: no {kind!r}; there are: {', '.join(m().kind for m in typing.get_args(union))}")


def checked(value: Any, hint: Any, where: str) -> Any:
    """`value` as the type that `hint` asks for. Raises `UserError` naming the field if it is not one."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        if value not in arguments:
            raise UserError(f"{where}: {value!r} is not one of {', '.join(map(str, arguments))}")
        return value
    if origin is tuple:
        if isinstance(value, str | Mapping):
            raise UserError(f"{where}: {value!r} is not a list")
        items = value if isinstance(value, list | tuple) else [value]
        return tuple(checked(item, arguments[0], where) for item in items)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise UserError(f"{where}: {value!r} is not of type {hint.__name__}")
    return value
