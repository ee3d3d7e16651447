"""A real Chromium, driven by Playwright: pages that tell on themselves, and waits that are generous."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright

ROOT = Path(__file__).resolve().parents[2]
# A small machine with other work to do; nothing here is a measurement.
PATIENCE_MS = 60_000
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Nothing beyond this machine is ever asked for.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]
CAMERA = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]


def executable() -> str:
    """Return where Chromium is; a machine without one gets Debian's."""
    done = subprocess.run(
        ["bash", "deploy/make-browser"],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=600,
    )
    return done.stdout.strip().splitlines()[-1]


def launch(playwright: Playwright, *, film: Path | None = None) -> Browser:
    """Start a browser; with a film, its camera shows that."""
    camera = [*CAMERA, f"--use-file-for-fake-video-capture={film}"] if film else []
    return playwright.chromium.launch(
        executable_path=executable(), args=[*FLAGS, *camera], timeout=PATIENCE_MS
    )


@dataclass
class Visit:
    """One browser profile with one page, and everything that the page complained about."""

    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)

    def expect_no_complaints(self) -> None:
        assert self.complaints == []


@contextmanager
def visiting(browser: Browser, base: str, **wishes: Any) -> Iterator[Visit]:
    """Open a fresh profile; at the end nothing may have failed in its console, by policy or by script."""
    context = browser.new_context(
        base_url=base, viewport=wishes.pop("viewport", PHONE), locale="en-IN", **wishes
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    visit = Visit(context, page)
    context.on("console", lambda said: _hear(visit, said, base))
    context.on("weberror", lambda found: visit.complaints.append(f"error: {found.error}"))
    try:
        yield visit
        visit.expect_no_complaints()
    except BaseException:
        # What whoever reads the failure would have seen.
        sys.stderr.write(f"{page.url}\n{visit.complaints}\n{page.inner_text('body')[:2_000]}\n")
        raise
    finally:
        context.close()


def _hear(visit: Visit, said: ConsoleMessage, base: str) -> None:
    """Keep what a page of ours complains of; a pretended cloud has no icon, and says so."""
    where = said.location.get("url") or base
    if said.type == "error" and where.startswith(base):
        visit.complaints.append(f"{said.text} ({where})")
