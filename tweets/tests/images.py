"""Images as people send them, and as hostile people do."""

import io
import zlib
from struct import pack

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts.models import User
from tweets import services
from tweets.models import Media

GPS, DESCRIPTION, ORIENTATION = 0x8825, 0x010E, 0x0112


def drawing(colour: str = "red", size: tuple[int, int] = (30, 20), name: str = "drawing.png") -> SimpleUploadedFile:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return SimpleUploadedFile(name, file.getvalue(), "image/png")


def uploaded(owner: User, colour: str = "red", size: tuple[int, int] = (30, 20), alt: str = "") -> Media:
    return services.upload(owner=owner, file=drawing(colour, size), alt=alt)


def waiting(owner: User, *images: tuple[str, int, int, str]) -> list[int]:
    """Ids of images that `owner` can post: (name, width, height, alt) of each. There need not be such files."""
    rows = [Media(owner=owner, file=name, width=width, height=height, alt=alt) for name, width, height, alt in images]
    return [media.pk for media in Media.objects.bulk_create(rows)]


def taken_at_home() -> io.BytesIO:
    """A photograph, lying on its side, that says where it was taken."""
    exif = Image.Exif()
    exif[ORIENTATION], exif[DESCRIPTION] = 6, "taken at home"
    exif.get_ifd(GPS).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    file = io.BytesIO()
    Image.new("RGB", (40, 20), "green").save(file, "JPEG", exif=exif, comment=b"at home too")
    file.seek(0)
    return file


def polyglot() -> io.BytesIO:
    """An image that is also a page with a script."""
    file = io.BytesIO()
    Image.new("RGB", (16, 16), "red").save(file, "JPEG", comment=b"<script>alert(1)</script>")
    return io.BytesIO(file.getvalue() + b"<html><script>alert(1)</script></html>")


def animated(kind: str) -> io.BytesIO:
    file = io.BytesIO()
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "green", "blue")]
    frames[0].save(file, kind, save_all=True, append_images=frames[1:], duration=50)
    file.seek(0)
    return file


def bomb(side: int = 50_000) -> io.BytesIO:
    """A PNG of some kilobytes that says it has `side` x `side` pixels, and has the bytes for some of them."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return pack(">I", len(data)) + name + data + pack(">I", zlib.crc32(name + data))

    header = pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(4_000_000), 9)
    return io.BytesIO(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b""))
