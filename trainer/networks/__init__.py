"""The generators and discriminators, and the encoding of their labels."""
