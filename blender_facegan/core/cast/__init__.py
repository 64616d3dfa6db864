"""People from photographs: a face aligned and encoded, and the file that a cast comes in."""
