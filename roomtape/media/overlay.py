"""Owns what is drawn over and instead of pictures, by one name: labels, marks and avatars."""

from __future__ import annotations

from roomtape.media.avatar import avatar, more
from roomtape.media.label import label
from roomtape.media.marks import ring

__all__ = ["avatar", "label", "more", "ring"]
