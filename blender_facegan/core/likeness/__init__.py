"""What a picture of a face is compared by: its descriptor, its skin, its size."""
