"""What an encoder's training is made of."""

from dataclasses import dataclass
from typing import Annotated

from trainer.ranges import Within

Count = Annotated[int, Within(0, 10**10)]
Weight = Annotated[float, Within(0, 1000)]


@dataclass(frozen=True)
class EncoderSettings:
    """How the networks learn. The weights are those of the losses on photographs."""

    likeness_images: Count = 160_000
    """pictures, each twice, from which the likeness network learns"""
    own_images: Count = 60_000
    """pictures of the model's own from which the encoder learns"""
    photograph_images: Count = 160_000
    """photographs from which it learns then"""
    likeness_share: Annotated[float, Within(0, 1)] = 0.15
    """share of the time, where time is what ends the training, for the likeness network"""
    own_share: Annotated[float, Within(0, 1)] = 0.1
    """the same for the model's own pictures"""
    rate: Annotated[float, Within(0, 1, open_low=True)] = 6e-4
    """highest learning rate, at a batch of 64; it grows with the batch's root"""
    low_pass: Weight = 8.0
    """squared difference at a quarter of the side; of finer detail a quarter and an eighth of it"""
    discriminator_features: Weight = 0.5
    """difference in the discriminator's feature maps"""
    likeness_features: Weight = 0.5
    """difference in the likeness network's feature maps"""
    likeness: Weight = 1.0
    """angle of the likeness network's embeddings"""
    strangers: Weight = 0.3
    """that an embedding is nearer to its own photograph's than to the others' of the batch"""
    discriminator: Weight = 0.02
    """the discriminator's word"""
    edits: Weight = 0.3
    """that the same person at another age looks as old as asked, and like the same person"""
    offsets: Weight = 0.02
    """mean square of the offsets"""
    first_answer: Weight = 0.3
    """what the first answer's picture costs, beside the second's"""
