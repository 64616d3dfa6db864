"""What the fuzzers share: seeded damage to files."""

import random
from collections.abc import Iterator


def damaged(content: bytes, seed: int, count: int) -> Iterator[bytes]:
    """`count` damaged versions of a file: cut short, bytes changed, pieces doubled, moved, or put in."""
    dice = random.Random(seed)
    for _ in range(count):
        data = bytearray(content)
        for _ in range(dice.randint(1, 3)):
            start = dice.randrange(max(1, len(data)))
            piece = data[start : start + dice.randint(1, 64)]
            match dice.randrange(5):
                case 0:
                    del data[start:]
                case 1:
                    data[start : start + len(piece)] = dice.randbytes(len(piece))
                case 2:
                    data[start:start] = piece * dice.randint(1, 3)
                case 3:
                    del data[start : start + len(piece)]
                case _:
                    data[start : start + 1] = bytes([data[start] ^ (1 << dice.randrange(8))]) if data else b"\0"
        yield bytes(data)
