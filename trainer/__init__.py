"""Train, measure and export a conditional GAN of faces (sex, age)."""

__version__ = "0.1.0"
