"""A market with a thousand crates of fruit and vegetables, no two alike: another subject than faces, by data alone."""
