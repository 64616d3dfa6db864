"""People from photographs: casts taken in, a face from a photograph, and its eyes clicked on."""
