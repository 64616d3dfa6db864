"""Sex and age, the labels that people have: declared once, and looked at together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trainer.errors import UserError
from trainer.labels.binary import Binary
from trainer.labels.label import Label, Range
from trainer.labels.number import YEARS, Number
from trainer.labels.sex_and_years import AGE_GROUP_LIMITS, SEXES, age_groups

SEX = Binary("sex", *SEXES)
AGE = Number("age", YEARS, 0.0, 90.0)
SEX_AND_AGE = (SEX, AGE)


def of_people(labels: Iterable[Label]) -> bool:
    """Whether the labels tell sex and age as this program's people have them: a binary sex, and years."""
    kinds = {label.name: label.kind for label in labels}
    return kinds.get("sex") == SEX.kind and kinds.get("age") == AGE.kind


def sex_and_age_bins(sex: ArrayLike, age: ArrayLike, limits: Sequence[float] = AGE_GROUP_LIMITS) -> NDArray[np.int64]:
    """Age group times two, plus one for males (sex above 0), [N]; -1 where `age_groups` is."""
    group = age_groups(age, limits)
    return np.where(group < 0, -1, 2 * group + (np.asarray(sex) > 0))


def need_people(labels: Sequence[Label], where: Path, purpose: str) -> None:
    """Raises `UserError` unless the labels of what is at `where` tell people; `purpose` says what needs them."""
    if not of_people(labels):
        names = ", ".join(label.name for label in labels) or "none"
        raise UserError(f"{where}: {purpose} needs the labels sex and age in years; this has {names}")


@dataclass(frozen=True)
class SexAndAge:
    """People: `sex` float32 [N], -1 female ... +1 male, and the half-open years [`low`, `high`) that hold each age."""

    sex: NDArray[np.float32]
    low: NDArray[np.float32]
    high: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.sex)

    def __getitem__(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> "SexAndAge":
        return SexAndAge(self.sex[rows], self.low[rows], self.high[rows])

    @property
    def values(self) -> dict[str, Range]:
        """The two labels as a dataset holds them."""
        return {"sex": (self.sex[:, None], self.sex[:, None]), "age": (self.low[:, None], self.high[:, None])}

    @property
    def middle(self) -> NDArray[np.float64]:
        """The middle of what each age is known to lie in, in years."""
        return (self.low.astype(np.float64) + self.high.astype(np.float64)) / 2

    @property
    def group(self) -> NDArray[np.int64]:
        """The age group of each person."""
        return age_groups(self.middle)

    @property
    def bin(self) -> NDArray[np.int64]:
        """Age group and sex as one number."""
        return sex_and_age_bins(self.sex, self.middle)
