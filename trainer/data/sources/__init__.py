"""Where labelled photographs come from: one module for each kind of collection, all with one face."""

from trainer.data.sources.source import Listing, Photograph, Provenance, Source, find_source, source_names

__all__ = ["Listing", "Photograph", "Provenance", "Source", "find_source", "source_names"]
