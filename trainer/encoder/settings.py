"""What an encoder's training is made of."""

from dataclasses import dataclass
from typing import Annotated

from trainer.ranges import Within

Count = Annotated[int, Within(0, 10**10)]
Weight = Annotated[float, Within(0, 1000)]


@dataclass(frozen=True)
class EncoderSettings:
    """How the networks learn. The weights are those of the losses on photographs."""

    own_images: Count = 100_000
    """pictures of the model's own from which the encoder learns"""
    photograph_images: Count = 250_000
    """photographs from which it learns then"""
    own_share: Annotated[float, Within(0, 1)] = 0.15
    """share of the time, where time is what ends the training, for the model's own pictures"""
    rate: Annotated[float, Within(0, 1, open_low=True)] = 1e-3
    """highest learning rate, at a batch of 64; it grows with the batch's root"""
    low_pass: Weight = 8.0
    """squared difference at a quarter of the side; of finer detail a quarter and an eighth of it"""
    first_answer: Weight = 2.0
    """the same of what is drawn of the latent alone, without offsets"""
    features: Weight = 0.5
    """difference in the discriminator's feature maps"""
    strength: Annotated[float, Within(0, 1)] = 0.7
    """share of what is left out of photographs that offsets say: the more, the more like; the less, the livelier are
    other ages and the other sex"""
    word: Weight = 0.1
    """the discriminator's word"""
