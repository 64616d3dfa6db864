"""Single faces: chosen from a sheet, swapped, copied."""
