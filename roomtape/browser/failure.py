"""Owns the one error of a page's recorder that ends it: a sentence that says why there is nothing to record."""

from __future__ import annotations

from roomtape.errors import DestinationError


class PageFailed(DestinationError):
    """The page cannot be recorded, and trying again is of no use."""
