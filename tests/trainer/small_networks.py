"""Networks that train in seconds, as a configuration names them."""

THIN_CROWD = """
[generator]
latent_size = 16
label_size = 8
style_size = 16
channels = [16, 12, 8, 8]
[discriminator]
channels = [8, 12, 16, 16]
feature_size = 16
"""
