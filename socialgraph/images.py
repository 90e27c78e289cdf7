"""Images that people send: checked, and made anew, so that nothing of the sent file but its picture is kept."""

import base64
import hashlib
import io
import warnings
from dataclasses import dataclass
from typing import IO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageOps, UnidentifiedImageError

from socialgraph.rows import take_lock

FORMATS = {"JPEG": "JPEG", "PNG": "PNG", "WEBP": "WebP", "GIF": "GIF"}  # of which others read no more than one picture
QUALITY = 82
PLACEHOLDER_SIDE, PLACEHOLDER_QUALITY = 16, 20


class CannotStore(Exception):
    """The disk or the bucket did not take a file: that is not the sender's fault, and may pass."""


@dataclass(frozen=True)
class CleanImage:
    """A WebP file without any metadata."""

    content: bytes
    width: int
    height: int

    def store(self, folder: str) -> str:
        """The name of the stored file: its digest, so an image that is sent twice is stored once.

        In the transaction that stores the row which names it: until that is committed, nobody deletes the file.
        Raises CannotStore.
        """
        lock_file(self._name(folder))
        return self.store_unlocked(folder)

    def store_unlocked(self, folder: str) -> str:
        """As `store`, where nobody deletes files: in an empty database."""
        name = self._name(folder)
        try:
            if not default_storage.exists(name):
                name = default_storage.save(name, ContentFile(self.content))
        except OSError as error:
            raise CannotStore("The image could not be stored. Try again in a moment.") from error
        return name

    def _name(self, folder: str) -> str:
        digest = hashlib.sha256(self.content).hexdigest()
        return f"{folder}/{digest[:2]}/{digest[2:]}.webp"


def lock_file(name: str) -> None:
    """Whoever stores or deletes the file of this name has it alone until the transaction ends."""
    take_lock(f"file {name}")


def clean_image(file: IO[bytes], *, longest_side: int, is_square: bool = False) -> CleanImage:
    """The picture in `file`, upright, scaled down to `longest_side` pixels, cut to a square if `is_square`.

    Raises ValidationError, saying what to do, for what is no image, too many bytes or too many pixels.
    """
    content = file.read(settings.IMAGE_BYTES_MAX + 1)
    if len(content) > settings.IMAGE_BYTES_MAX:
        raise ValidationError(f"The image is too large: send at most {settings.IMAGE_BYTES_MAX // 1024**2} MB.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit below is stricter
            image = Image.open(io.BytesIO(content), formats=list(FORMATS))
            if image.width * image.height > settings.IMAGE_PIXELS_MAX:
                raise Image.DecompressionBombError
            image.draft("RGB", (longest_side, longest_side))  # a JPEG is decoded no larger than needed
            picture = ImageOps.exif_transpose(image)
            has_alpha = picture.has_transparency_data
            picture = picture.convert("RGBA" if has_alpha else "RGB")
    except Image.DecompressionBombError as error:
        most = settings.IMAGE_PIXELS_MAX // 1_000_000
        raise ValidationError(f"The image is too large: send at most {most} megapixels.") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        names = ", ".join(FORMATS.values())
        raise ValidationError(f"This is no image that can be read: send one of these: {names}.") from error
    if is_square:
        side = min(longest_side, *picture.size)
        picture = ImageOps.fit(picture, (side, side))
    else:
        picture.thumbnail((longest_side, longest_side))
    return CleanImage(_webp(picture, QUALITY), *picture.size)


def preview(file: IO[bytes], *, longest_side: int) -> tuple[CleanImage | None, str]:
    """(a smaller copy, a data: address of a few of its pixels) of a stored image.

    No copy of what is small itself, and no pixels of what can be seen through: they would show behind it.
    """
    picture = Image.open(file, formats=["WEBP"])
    tiny = picture.copy()
    small = None
    if max(picture.size) > longest_side:
        picture.thumbnail((longest_side, longest_side))
        small = CleanImage(_webp(picture, QUALITY), *picture.size)
    if tiny.has_transparency_data:
        return small, ""
    tiny.thumbnail((PLACEHOLDER_SIDE, PLACEHOLDER_SIDE))
    return small, f"data:image/webp;base64,{base64.b64encode(_webp(tiny, PLACEHOLDER_QUALITY)).decode()}"


def _webp(picture: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=quality)
    return out.getvalue()
