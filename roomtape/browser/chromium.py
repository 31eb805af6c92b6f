"""Owns one run of Chromium: Playwright's driver and the browser, started, watched for its death, and ended."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import secrets

import psutil
import structlog
from playwright.async_api import Browser, Error, Playwright, async_playwright

from roomtape.browser.confinement import Confinement
from roomtape.browser.failure import PageFailed

log = structlog.get_logger()

STARTED_WITHIN_S = 60.0
CLOSED_WITHIN_S = 2.0
REAPED_WITHIN_S = 0.5
_PR_SET_CHILD_SUBREAPER = 36
# Chromium heeds the last such list alone, and its driver gives one: what that wants switched off comes first.
# The pop-ups of an address bar that nobody sees are a page each, for every window: half of what a start costs.
_SWITCHED_OFF = (
    "HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,PaintHolding,ThirdPartyStoragePartitioning,LensOverlay,MediaRouter,"
    "AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,AvoidCorsURLLoaderRestartOnRedirect,"
    "OptimizationHints,NetworkTimeServiceQuerying,AimEnabled,PreconnectToSearch,WebUIOmniboxPopup,WebUIOmniboxAimPopup"
)
FLAGS = (
    "--headless=new",
    f"--disable-features={_SWITCHED_OFF}",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--dns-prefetch-disable",
    "--autoplay-policy=no-user-gesture-required",
    # The studio is behind the recorded tab, or that behind the studio: both work on.
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    # Where the server is reached over loopback only, media is too. A page could send STUN to other local UDP ports by
    # this, as it can to any address of the machine's network without it: WebRTC needs UDP that no proxy sees.
    "--allow-loopback-in-peer-connection",
)


class Chromium:
    """A running browser. `gone` is set as soon as it or its driver dies; `title` is what the studio's tab takes."""

    def __init__(self, driver: Playwright, browser: Browser, title: str) -> None:
        self.browser = browser
        self.title = title
        self.gone = asyncio.Event()
        self._driver = driver
        self._processes = _family(os.getpid())
        self._watched: list[int] = []
        browser.on("disconnected", lambda _: self.gone.set())
        for process in self._processes:
            if process.ppid() == os.getpid() or "--type=" not in " ".join(process.cmdline()):
                self._watch(process.pid)

    @staticmethod
    async def start(confinement: Confinement, proxy_port: int) -> Chromium:
        """Start one. Raises PageFailed when it does not start, with what it said."""
        title = f"roomtape {secrets.token_hex(12)}"
        flags = [*FLAGS, f"--auto-select-tab-capture-source-by-title={title}"]
        driver = await async_playwright().start()
        try:
            browser = await driver.chromium.launch(
                executable_path=confinement.launcher,
                args=flags,
                ignore_default_args=["--mute-audio"],
                chromium_sandbox=confinement.sandboxed,
                env=dict(confinement.environment),
                # Chromium goes to localhost without its proxy unless it is told not to.
                proxy={"server": f"http://127.0.0.1:{proxy_port}", "bypass": "<-loopback>"},
                handle_sigint=False,
                handle_sigterm=False,
                handle_sighup=False,
                timeout=STARTED_WITHIN_S * 1000,
            )
        except BaseException as error:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(driver.stop(), CLOSED_WITHIN_S)
            if isinstance(error, Error):
                raise PageFailed(f"Chromium does not start: {error.message.strip()[-600:]}") from error
            raise
        return Chromium(driver, browser, title)

    def memory_mb(self) -> float:
        """Return what the browser and its pages take together, in MiB, what they share once (where we may see it)."""
        return sum(_memory(process) for process in _family(os.getpid())) / (1 << 20)

    async def stop(self) -> None:
        """End it: politely for a moment, then for sure."""
        for fd in self._watched:
            asyncio.get_running_loop().remove_reader(fd)
            os.close(fd)
        self._watched.clear()
        family = {*self._processes, *_family(os.getpid())}
        with contextlib.suppress(Exception):
            async with asyncio.timeout(CLOSED_WITHIN_S):
                await self.browser.close()
        with contextlib.suppress(Exception):
            async with asyncio.timeout(1):
                await self._driver.stop()
        family.update(_family(os.getpid()))
        for process in family:
            with contextlib.suppress(psutil.Error):
                process.kill()
        await asyncio.to_thread(psutil.wait_procs, list(family), REAPED_WITHIN_S)

    def _watch(self, pid: int) -> None:
        try:
            fd = os.pidfd_open(pid)
        except OSError:
            self.gone.set()
            return
        self._watched.append(fd)
        asyncio.get_running_loop().add_reader(fd, self.gone.set)


def adopt_orphans() -> None:
    """Have what Chromium leaves behind when it is killed become this process's own children (prctl(2)): then it is
    found, ended and reaped here, also in a container whose first process reaps nobody."""
    with contextlib.suppress(OSError):
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _family(pid: int) -> list[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        return psutil.Process(pid).children(recursive=True)
    return []


def _memory(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.NoSuchProcess:
        return 0
    except (psutil.Error, OSError):  # a sandboxed process does not let its own user look
        with contextlib.suppress(psutil.Error):
            info = process.memory_info()
            return int(info.rss - info.shared)
    return 0
