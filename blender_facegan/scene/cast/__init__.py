"""People from photographs: who of a cast becomes whom, and photographs read and forgotten."""
