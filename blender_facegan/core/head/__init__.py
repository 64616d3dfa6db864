"""From meshes, bones and names to where a face lies on a head."""
