"""Who the characters of a scene are, and what says so."""
