"""Where labelled photographs come from: one module for each kind of collection, all with one face."""
