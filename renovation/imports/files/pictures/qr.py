"""Read a QR code in a picture from a camera, on this machine."""

from __future__ import annotations

import zxingcpp

#: A camera's frame is scaled down to this before it is sent; a slip's code fills a good part of it.
MOST_PIXELS = 1280 * 960


def read_qr(grey: bytes, width: int, height: int) -> str | None:
    """Return the text of the QR code in a picture; ``None`` where there is none or it cannot be read.

    Parameters
    ----------
    grey
        One byte of brightness per pixel, row by row.
    width, height
        Pixels per row, and rows.
    """
    if width < 1 or height < 1 or width * height > MOST_PIXELS or len(grey) != width * height:
        return None
    picture = memoryview(grey).cast("B", shape=[height, width])
    found = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    return found[0].text if found else None
