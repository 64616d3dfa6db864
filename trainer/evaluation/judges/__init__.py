"""What looks at pictures and is no network of ours: cascades, the judge of age and sex, face descriptors."""
