"""A code as a picture: PNG or SVG, drawn by `qrcode`."""

import io
from base64 import b64encode
from functools import lru_cache
from typing import Final

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.pil import PilImage
from qrcode.image.svg import SvgPathImage
from qrcode.util import QRData

# Version 3 is 29 modules wide: large enough modules for a cheap camera and a cracked screen.
LARGEST_VERSION = 3
QUIET_ZONE_MODULES = 4  # ISO/IEC 18004, section 9.1
PIXELS_PER_MODULE = 8
# The mode of letters, digits and a few signs (section 7.3.4): `qrcode.util.MODE_ALPHA_NUM`.
ALPHANUMERIC: Final = 2


@lru_cache(maxsize=256)
def png(text: str) -> bytes:
    """Return the code as a PNG of 296 pixels a side."""
    return _drawn(text, PilImage)


@lru_cache(maxsize=64)
def svg(text: str) -> bytes:
    """Return the code as an SVG of one path."""
    return _drawn(text, SvgPathImage)


def data_url(text: str) -> str:
    """Return the PNG as a `data:` URL."""
    return "data:image/png;base64," + b64encode(png(text)).decode("ascii")


def _drawn(text: str, factory: type[PilImage | SvgPathImage]) -> bytes:
    code = qrcode.QRCode(
        error_correction=ERROR_CORRECT_M,
        box_size=PIXELS_PER_MODULE,
        border=QUIET_ZONE_MODULES,
        image_factory=factory,
    )
    # Upper case only, so that each character takes 5.5 bits instead of 8.
    code.add_data(QRData(text.encode("ascii"), mode=ALPHANUMERIC))
    code.make(fit=True)
    assert code.version <= LARGEST_VERSION
    picture = io.BytesIO()
    code.make_image().save(picture)
    return picture.getvalue()
