"""Who the crowd is: mixes, sources, tables."""
