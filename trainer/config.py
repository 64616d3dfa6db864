"""What a training run is made of: nested frozen dataclasses, with the presets as values of them.

A preset is overridden by a TOML file (`override_from_toml`), then by command-line flags (trainer/commands/train.py).
The resolved config is written into the run folder and into every checkpoint: it is all that builds the networks.
"""

import dataclasses
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Annotated, Any, Literal, TypeGuard, TypeVar

from trainer.errors import UserError, meant
from trainer.files import read_toml
from trainer.labels.label import Label
from trainer.labels.number import Number
from trainer.old_names import settings_of_today
from trainer.ranges import Length, Rising, Within, check_ranges, checked, shown, variant

LatentDistribution = Literal["normal", "uniform"]
Width = Annotated[int, Within(1, 16_384)]
Widths = Annotated[tuple[Width, ...], Length(1, 12)]
Share = Annotated[float, Within(0, 1)]
Weight = Annotated[float, Within(0, 1e6)]
Images = Annotated[int, Within(1, 10**12)]


EVEN_AGES = (10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 200.0)
"""Upper limits of the ages, in years, that batches are even over."""


@dataclass(frozen=True)
class CrowdGeneratorConfig:
    """The generator that ships (trainer/networks/crowd.py). The widths run from 4x4 upwards.

    `residual_sizes`: a residual convolution for each entry, on the feature maps of that side.
    `detail_channels`: the width of a tail behind it that doubles the picture's side (trainer/networks/detail.py), with
    `detail_residuals` residual convolutions; () draws without one.
    """

    kind: Literal["crowd"] = "crowd"
    latent_size: Width = 100
    latent_distribution: LatentDistribution = "normal"
    label_size: Width = 64
    label_gain: Annotated[float, Within(0, 1000, open_low=True)] = 3.0
    style_size: Width = 128
    channels: Widths = (192, 128, 64, 32)
    residual_sizes: Annotated[tuple[Width, ...], Length(0, 64)] = (8, 16, 32, 8, 16)
    tail_channels: Width = 6
    detail_channels: Annotated[tuple[Width, ...], Length(0, 1)] = ()
    detail_residuals: Annotated[int, Within(0, 16)] = 2
    detail_tail_channels: Width = 4


@dataclass(frozen=True)
class CrowdDiscriminatorConfig:
    """The `crowd` discriminator. The widths run from half the picture's side down to 4x4.

    `detail_channels`: the width of one more level above, at half of the side of pictures that are twice as large; what
    stands below sees them halved, and what this level adds (trainer/networks/detail.py). () where there is none.
    """

    kind: Literal["crowd"] = "crowd"
    channels: Widths = (32, 64, 128, 256)
    residuals: Annotated[int, Within(0, 16)] = 1
    feature_size: Width = 256
    deviation_group: Width = 4
    deviation_maps: Width = 4
    detail_channels: Annotated[tuple[Width, ...], Length(0, 1)] = ()


@dataclass(frozen=True)
class PaperGeneratorConfig:
    """The 2016 system's generator (trainer/networks/paper.py)."""

    kind: Literal["paper"] = "paper"
    latent_size: Width = 100
    latent_distribution: LatentDistribution = "uniform"
    hidden: Width = 5000
    channels: Widths = (64, 32, 16, 3)


@dataclass(frozen=True)
class PaperDiscriminatorConfig:
    """The 2016 system's discriminator."""

    kind: Literal["paper"] = "paper"
    channels: Widths = (16, 32, 64)
    hidden: Width = 5000


GeneratorConfig = CrowdGeneratorConfig | PaperGeneratorConfig
DiscriminatorConfig = CrowdDiscriminatorConfig | PaperDiscriminatorConfig


@dataclass(frozen=True)
class LossConfig:
    """The losses.

    `bce`: non-saturating (Goodfellow et al. 2014); `relativistic`: real and fake in pairs of one label
    (Jolicoeur-Martineau 2018, as in R3GAN, Huang et al. 2024).

    `r1` and `r2` are the gammas of the gradient penalties on real and fake pictures (Mescheder et al. 2018; loss is
    gamma / 2 times the mean squared gradient norm), taken every `penalty_interval` steps and multiplied by it.
    `gate_d`, `gate_g`: train D only while g/d < gate_d, G only while d/g < gate_g; 0 switches the gate off.
    `classifier`: weight of the label loss, the frozen auxiliary classifier's cross-entropies on generated pictures
    above `classifier_floor` times what real held-out pictures cost it: one number for all labels, or one for each in
    the dataset's order. The classifier is trained before the GAN, on `classifier_images` pictures.
    `measured`: weight of the difference between what is measured on a generated face and what was asked, for labels
    that can be measured (trainer/training/step/measured.py); the classifier's word on these does not count.
    `side_light`: weight of what one side of a generated face is brighter than the other, where the dataset's pictures
    are in even light and aligned by the eyes: a little of the lamp is left in those, and a generator learns it.
    `spectrum`: weight of what the mean spectrum of a batch of generated pictures differs from that of its photographs.
    """

    kind: Literal["bce", "relativistic"] = "relativistic"
    r1: Weight = 0.04
    r2: Weight = 0.04
    penalty_interval: Annotated[int, Within(1, 10**6)] = 8
    gate_d: Weight = 0.0
    gate_g: Weight = 0.0
    classifier: Weight = 0.5
    classifier_floor: Annotated[tuple[Weight, ...], Length(0, 1000)] = (1.0,)
    classifier_images: Annotated[int, Within(0, 10**12)] = 80_000
    measured: Weight = 0.5
    side_light: Weight = 3.0
    spectrum: Weight = 0.0


@dataclass(frozen=True)
class PairedConfig:
    """Paired re-sampling: people drawn again with other numbers, so that one person's age rises.

    Of each batch `people` are drawn again, their numbers moved by up to `move` of the label's range. `age_margin` is
    the weight of what the classifier sees fall short of `share` of the move, `consistency` that of what else changes;
    both 0: nobody is drawn again. A share above 1 asks for more than the move, since the classifier, like whoever reads
    a face, draws a number that it doubts towards the middle. `labels` names those that are moved; (): all
    numbers but those that are measured, which change more of a picture than a person's years do.
    """

    age_margin: Weight = 1.0
    consistency: Weight = 0.4
    people: Annotated[int, Within(0, 65_536)] = 16
    move: Annotated[float, Within(0, 0.5, open_low=True)] = 1.0 / 6.0
    share: Annotated[float, Within(0, 100)] = 1.3
    labels: tuple[str, ...] = ()

    def moves(self, label: Label) -> TypeGuard[Number]:
        """Whether people are drawn again with another value of `label`."""
        if not isinstance(label, Number):
            return False
        return label.name in self.labels if self.labels else not label.measured

    @property
    def active(self) -> bool:
        """Whether anybody is drawn again."""
        return self.age_margin > 0 or self.consistency > 0


@dataclass(frozen=True)
class DetailConfig:
    """How a tail behind a trained generator learns (`generator.detail_channels`): three stretches, counted in images.

    `warm_up` images long it enlarges halved photographs, and is told how far it is from the photographs. Then it plays
    the game `alone`, the body in front of it held still and asked for no label; `pairs` of its fakes are enlarged
    photographs beside themselves, which differ in detail alone. Then all learn, at `together` times the rate.
    `faithful`: weight of how far the large picture, halved, is from the small one. The rate rises over the first `ramp`
    images of the game: Adam's first steps, before it knows how large gradients are, would cost a trained discriminator
    much of what it learnt.
    """

    warm_up: Annotated[int, Within(0, 10**12)] = 0
    alone: Annotated[int, Within(0, 10**12)] = 0
    together: Annotated[float, Within(0, 1, open_low=True)] = 0.25
    pairs: Share = 0.5
    faithful: Weight = 50.0
    ramp: Annotated[int, Within(0, 10**12)] = 6_400


@dataclass(frozen=True)
class DistillationConfig:
    """Lessons by the network that a run starts from, before the GAN (trainer/training/distillation.py).

    On `images` pictures at the learning rate `rate`, which falls over the second half; 0 images: none.
    """

    images: Annotated[int, Within(0, 10**12)] = 0
    rate: Annotated[float, Within(0, 1, open_low=True)] = 1e-3


@dataclass(frozen=True)
class OptimiserConfig:
    """Adam, for both networks.

    The rate is `rate` for `decay_start` steps, then times `decay` every `decay_interval` steps, never below
    `rate_floor`.
    """

    rate: Annotated[float, Within(0, 1, open_low=True)] = 3e-4
    rate_floor: Share = 0.0
    decay: Annotated[float, Within(0, 1, open_low=True)] = 1.0
    decay_interval: Images = 100
    decay_start: Annotated[int, Within(0, 10**12)] = 0
    beta1: Annotated[float, Within(0, 1, open_high=True)] = 0.0
    beta2: Annotated[float, Within(0, 1, open_high=True)] = 0.99
    epsilon: Annotated[float, Within(0, 1, open_low=True)] = 1e-8


@dataclass(frozen=True)
class AugmentationConfig:
    """What real and fake pictures alike go through before the discriminator (DiffAugment, Zhao et al. 2020).

    Each change has its own probability, so that none leaks into the samples (Karras et al. 2020). Shares are
    of the picture's side. `zoom` is that of zooming by up to `zoom_share` and turning by up to `turn_degrees`.
    """

    flip: bool = True
    colour: Share = 0.05
    translation: Share = 0.5
    translation_share: Share = 0.125
    zoom: Share = 0.3
    zoom_share: Annotated[float, Within(0, 10)] = 0.1
    turn_degrees: Annotated[float, Within(0, 180)] = 8.0
    cutout: Share = 0.5
    cutout_share: Share = 0.33


@dataclass(frozen=True)
class DataConfig:
    """The batch: `batch` pictures, spread evenly over the bins that the dataset's labels make (docs/labels.md).

    `age_limits` are the upper limits of the age bins, in years, instead of the dataset's own; () takes those.
    `weigh_by` names a column of the dataset's labels.csv: within its bin, a picture comes as much more often as its
    value there is above the smallest, up to four times. Empty: all come equally often.
    """

    batch: Annotated[int, Within(2, 65_536)] = 64
    age_limits: Annotated[tuple[Annotated[float, Within(0, 1000, open_low=True)], ...], Rising()] = EVEN_AGES
    weigh_by: str = ""


@dataclass(frozen=True)
class EmaConfig:
    """The EMA of the generator.

    `half_life` is in images. `calibration`: batches that re-estimate its batch statistics;
    0 keeps the raw network's running averages (the 2016 system kept none at all).
    """

    half_life: Annotated[float, Within(0, 1e12)] = 15_000.0
    calibration: Annotated[int, Within(0, 100_000)] = 32


@dataclass(frozen=True)
class CollapseConfig:
    """When a run counts as dead, and what then.

    It collapsed if, after `after` images, the faces of a batch differ less than `spread` as much as
    real ones. It went to pieces if the discriminator's mean loss is above `loss` (chance costs it .7, or 1.4 with
    `bce`): its weights have run away, and it tears the generator's apart. A dead run goes back to its last checkpoint
    with its rate times `rate_cut`, at most `retries` times.
    """

    spread: Share = 0.2
    loss: Annotated[float, Within(1, 1e6)] = 10.0
    after: Annotated[int, Within(0, 10**12)] = 50_000
    rate_cut: Annotated[float, Within(0, 1, open_low=True)] = 0.5
    retries: Annotated[int, Within(0, 1000)] = 2


@dataclass(frozen=True)
class LogConfig:
    """How often a run speaks, in images; how many checkpoints it keeps beside the best one.

    Early on it speaks more often: after a sixteenth, an eighth, a quarter and a half of each, too.

    At each checkpoint the run is validated on `validation` generated faces; 0: never, and no best.
    """

    metrics: Images = 3_200
    samples: Images = 12_800
    checkpoint: Images = 25_600
    keep: Annotated[int, Within(1, 10**6)] = 2
    validation: Annotated[int, Within(0, 10**6)] = 1_024


@dataclass(frozen=True)
class Config:
    """Everything about a run but where its files are and how long it may take."""

    preset: Literal["crowd", "paper"] = "crowd"
    resolution: Annotated[int, Within(8, 1024)] = 64
    seed: Annotated[int, Within(0, 2**32 - 2)] = 1
    images: Images = 10_000_000
    generator: GeneratorConfig = field(default_factory=CrowdGeneratorConfig)
    discriminator: DiscriminatorConfig = field(default_factory=CrowdDiscriminatorConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    paired: PairedConfig = field(default_factory=PairedConfig)
    detail: DetailConfig = field(default_factory=DetailConfig)
    distillation: DistillationConfig = field(default_factory=DistillationConfig)
    optimiser: OptimiserConfig = field(default_factory=OptimiserConfig)
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)
    data: DataConfig = field(default_factory=DataConfig)
    ema: EmaConfig = field(default_factory=EmaConfig)
    log: LogConfig = field(default_factory=LogConfig)
    collapse: CollapseConfig = field(default_factory=CollapseConfig)


CROWD = Config()

# Sanche, "Generating Faces using Generative Adversarial Networks" (2016); github daniel-sanche/FaceGen settles what
# the text leaves out. 480,000 batches of 64 made the final model.
PAPER = Config(
    preset="paper",
    images=480_000 * 64,
    generator=PaperGeneratorConfig(),
    discriminator=PaperDiscriminatorConfig(),
    loss=LossConfig(kind="bce", r1=0.0, r2=0.0, gate_d=2.0, gate_g=3.0, classifier=0.0, side_light=0.0),
    paired=PairedConfig(age_margin=0.0, consistency=0.0),
    optimiser=OptimiserConfig(rate=5e-4, rate_floor=5e-5, decay=0.996, decay_interval=100, beta1=0.5, beta2=0.999),
    augmentation=AugmentationConfig(flip=False, colour=0.0, translation=0.0, zoom=0.0, cutout=0.0),
    data=DataConfig(batch=64, age_limits=(20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 101.0)),
    ema=EmaConfig(half_life=0.0, calibration=0),
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
    values = read_toml(path)
    try:
        return overridden(config, values)
    except UserError as error:
        raise UserError(f"{path}: {error}") from error


def overridden(config: T, values: Mapping[str, Any], where: str = "") -> T:
    """`config` with `values` put over it, nested as it is nested, under today's names or those of before.

    Raises `UserError` that names the field.
    """
    values = values if where else settings_of_today(values)
    known = {item.name: item for item in fields(config)}  # type: ignore[arg-type] # any dataclass
    hints = typing.get_type_hints(type(config))
    changes: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known:
            near = "" if where else inside_groups(config, name)
            told = shown(where + name) + (near or meant(name, known))
            raise UserError(f"no setting {told}; there are: {', '.join(known)}")
        current = getattr(config, name)
        if dataclasses.is_dataclass(current):
            if not isinstance(value, Mapping):
                raise UserError(f"{where + name} is a group of settings, not {shown(value)}")
            kind = getattr(current, "kind", None)
            if isinstance(hints[name], types.UnionType) and value.get("kind", kind) != kind:
                current = variant(hints[name], value["kind"], where + name)
            changes[name] = overridden(current, value, f"{where}{name}.")
        else:
            changes[name] = checked(value, hints[name], where + name)
    changed = replace(config, **changes)  # type: ignore[type-var] # any dataclass
    if not where:
        check_ranges(changed)
    return changed


def inside_groups(config: Any, name: str) -> str:
    """What stands in a message behind a setting that is given without its group; "" where no group has it."""
    groups = [item.name for item in fields(config) if hasattr(getattr(config, item.name), name)]
    return f" (do you mean {' or '.join(f'{group}.{name}' for group in groups)}?)" if groups else ""
