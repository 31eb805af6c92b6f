"""Owns the installed npm packages that browsers are served: which there are, and their files by safe paths.

They lie in node_modules as npm left them; realtimekit-ui states no licence, so nothing of it is ever copied.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path

from roomtape.errors import NotFound, OurError

SDK, UI, FONT, EMOJI = (
    "@cloudflare/realtimekit",
    "@cloudflare/realtimekit-ui",
    "@fontsource/inter",
    "unicode-emoji-json",
)
SERVED = (SDK, UI, FONT, EMOJI)
BESIDE_OUR_CODE = Path(__file__).parents[2] / "node_modules"
_NONE = NotFound("there is no such file in the packages of the meeting page")


class Packages:
    """The packages `SERVED` in the node_modules `folder`; addresses carry versions, so they may be kept for ever."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def address(self, package: str, path: str) -> str:
        """Return the path under /assets of a file. Raises OurError when the package is not installed."""
        return f"{package}@{self.version(package)}/{path}"

    def version(self, package: str) -> str:
        """Return the version that is installed. Raises OurError when it is not."""
        try:
            return str(json.loads((self.folder / package / "package.json").read_text("utf-8"))["version"])
        except (OSError, ValueError, KeyError) as error:
            raise OurError(
                f"the npm package {package} is not installed in {self.folder}; run `make setup`, or set "
                "ROOMTAPE_WEB_MODULES_DIR to the node_modules that has it"
            ) from error

    def file(self, address: str) -> Path:
        """Return the file of an address that `address` made. Raises NotFound for anything else."""
        for package in SERVED:
            head, at, rest = address.partition(f"{package}@")
            version, slash, path = rest.partition("/")
            if head or not at or not slash:
                continue
            if version != self.version(package):
                raise _NONE
            return self._inside(package, path)
        raise _NONE

    def _inside(self, package: str, path: str) -> Path:
        if "\0" in path or any(part in ("", ".", "..") for part in path.split("/")):
            raise _NONE
        root = (self.folder / package).resolve()
        found = (root / path).resolve()
        if not found.is_relative_to(root) or not found.is_file():
            raise _NONE
        return found


@functools.cache
def emoji_index(file: Path) -> str:
    """Return what the UI kit's emoji picker loads, as JSON, from unicode-emoji-json's `data-by-emoji.json`.

    `search` is `name:index,name:index,...`, in which the picker looks with a regular expression; `emojis` is the list
    that the indices count in.
    """
    emojis: dict[str, dict[str, str]] = json.loads(file.read_text("utf-8"))
    names = [about["name"].replace(",", "").replace(":", "") for about in emojis.values()]
    search = ",".join(f"{name}:{index}" for index, name in enumerate(names))
    return json.dumps({"search": search, "emojis": list(emojis)}, ensure_ascii=False)
