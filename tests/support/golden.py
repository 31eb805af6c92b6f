"""Owns rendering the golden scenes, and the pictures that they are held against.

`python -m tests.support.golden make [NAME...]` makes the captures anew, `show [NAME...]` renders them and writes the
pictures, a sheet for each scene, into a folder that it names, and `accept [NAME...]` keeps them: look at them first.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
from PIL import Image as Pillow

from roomtape.domain.recording import Kind
from roomtape.render import process
from roomtape.render.job import OUT, RenderJob, RenderResult
from tests.support.scenery import RECORDING
from tests.support.scenes import SCENES
from tests.support.ssim import Image, ssim, worst_block

FOLDER = Path(__file__).parents[1] / "fixtures" / "scenes"
ALIKE, ALIKE_IN_EACH_BLOCK = 0.97, 0.85
"""Without its mark of muting or of speaking, a block has 0.73 or less."""


@dataclass
class Rendered:
    """A scene as it came out of the render."""

    name: str
    video: Path
    result: RenderResult
    pictures: dict[float, Image] = field(default_factory=dict)


def capture(name: str) -> Path:
    """Return the folder of a scene's capture."""
    return FOLDER / name / "capture"


def reference(name: str, t: float) -> Path:
    """Return where the picture of a moment is kept."""
    return FOLDER / name / f"{round(t * 1000):05}.png"


def render(name: str, work: Path, jobs: int = 1) -> Rendered:
    """Render a scene in `work` as the render process does, and take the pictures that are looked at."""
    scene = SCENES[name]
    job = RenderJob(str(capture(name)), Kind.COMPOSITE, scene.config, RECORDING)
    work.mkdir(parents=True, exist_ok=True)
    job.write(work)
    result = process.render(job, work, _never_waits, lambda *_: None, jobs=jobs)
    (file,) = [f for f in result.files if f.role == "composite"]
    video = work / OUT / file.name
    return Rendered(name, video, result, pictures(video, scene.looks))


def pictures(video: Path, looks: tuple[float, ...]) -> dict[float, Image]:
    """Return the pictures (RGB) that are shown at moments of a file, in order."""
    found: dict[float, Image] = {}
    left = sorted(looks)
    shown: av.VideoFrame | None = None
    with av.open(str(video)) as container:
        for frame in container.decode(video=0):
            while left and shown is not None and frame.time > left[0] + 1e-6:
                found[left.pop(0)] = shown.to_ndarray(format="rgb24")
            shown = frame
    if left and shown is not None:
        found |= dict.fromkeys(left, shown.to_ndarray(format="rgb24"))
    return found


def differences(rendered: Rendered) -> list[str]:
    """Say how what was rendered differs from the pictures that are kept; nothing where it does not."""
    found = []
    for t, picture in rendered.pictures.items():
        file = reference(rendered.name, t)
        if not file.exists():
            found.append(f"at {t} s: no picture is kept")
            continue
        kept = np.asarray(Pillow.open(file).convert("RGB"))
        if kept.shape != picture.shape:
            found.append(f"at {t} s the picture is of {picture.shape} instead of {kept.shape}")
            continue
        likeness = ssim(picture, kept)
        worst, left, top = worst_block(likeness)
        if likeness.mean() < ALIKE or worst < ALIKE_IN_EACH_BLOCK:
            found.append(f"at {t} s: SSIM {likeness.mean():.4f}, {worst:.3f} around ({left}, {top})")
    return found


def save(rendered: Rendered, folder: Path) -> None:
    """Write the pictures of a render into `folder`, one below the other in a sheet, to be looked at."""
    sheet = np.concatenate(list(rendered.pictures.values()), axis=0)
    Pillow.fromarray(sheet).save(folder / f"{rendered.name}.png")


def make(name: str) -> None:
    """Make a scene's capture anew. Encoders are not the same on every machine: the pictures may change a little."""
    folder = capture(name)
    shutil.rmtree(folder, ignore_errors=True)
    SCENES[name].build(folder)


def accept(rendered: Rendered) -> None:
    """Keep the pictures of a render as those of the scene, made small: in 128 colours, which SSIM hardly sees."""
    for old in (FOLDER / rendered.name).glob("*.png"):
        old.unlink()
    for t, picture in rendered.pictures.items():
        small = Pillow.fromarray(picture).quantize(128, kmeans=3, dither=Pillow.Dither.NONE)
        small.save(reference(rendered.name, t), optimize=True)


def _never_waits() -> None:
    raise AssertionError("a render that does not follow has nothing to wait for")


def main(arguments: list[str]) -> None:
    """Do what the module's first lines say."""
    action, names = arguments[0], arguments[1:] or list(SCENES)
    shown = Path(tempfile.mkdtemp(prefix="golden-"))
    for name in names:
        if action == "make":
            make(name)
            print(name, sum(f.stat().st_size for f in capture(name).rglob("*") if f.is_file()) // 1024, "KiB")
            continue
        with tempfile.TemporaryDirectory() as work:
            rendered = render(name, Path(work))
        save(rendered, shown)
        if action == "accept":
            accept(rendered)
        print(name, "; ".join(differences(rendered)) or "is as it is kept", *rendered.result.warnings)
    print(shown)


if __name__ == "__main__":
    main(sys.argv[1:])
