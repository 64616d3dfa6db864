"""Who is in a crowd: seeds, ages, mixes, and the values that people write down."""
