import io

import pytest
from django.core.exceptions import ValidationError
from PIL import Image
from pytest_django import Settings

from socialgraph.images import clean_image


def sent(format: str = "PNG", size: tuple[int, int] = (40, 20), mode: str = "RGB", **options: object) -> io.BytesIO:
    file = io.BytesIO()
    Image.new(mode, size, "red").save(file, format, **options)
    file.seek(0)
    return file


def reopened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF"])
def test_every_format_becomes_webp(format: str) -> None:
    clean = clean_image(sent(format), longest_side=1600)
    assert reopened(clean.content).format == "WEBP"
    assert (clean.width, clean.height) == reopened(clean.content).size == (40, 20)


def test_a_large_one_is_scaled_down_and_a_small_one_left() -> None:
    clean = clean_image(sent(size=(400, 200)), longest_side=100)
    assert (clean.width, clean.height) == (100, 50)


def test_a_square_is_cut_from_the_middle() -> None:
    clean = clean_image(sent(size=(400, 200)), longest_side=100, is_square=True)
    assert (clean.width, clean.height) == (100, 100)


def test_metadata_is_gone_and_the_picture_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010E] = "taken at home"
    clean = clean_image(sent("JPEG", exif=exif), longest_side=1600)
    assert (clean.width, clean.height) == (20, 40)
    assert b"home" not in clean.content
    assert not reopened(clean.content).getexif()


def test_transparency_stays() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (8, 8), (255, 0, 0, 100)).save(file, "PNG")
    file.seek(0)
    assert reopened(clean_image(file, longest_side=1600).content).mode == "RGBA"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        sent().getvalue()[:60],
        sent("JPEG").getvalue()[:-200],
    ],
    ids=["empty", "text", "svg", "a cut png", "a cut jpeg"],
)
def test_what_is_no_image_is_refused(content: bytes) -> None:
    with pytest.raises(ValidationError, match="no image that can be read: send one of these: JPEG, PNG, WebP, GIF"):
        clean_image(io.BytesIO(content), longest_side=1600)


def test_other_formats_are_refused() -> None:
    with pytest.raises(ValidationError, match="no image that can be read"):
        clean_image(sent("TIFF"), longest_side=1600)


def test_too_many_bytes_are_refused(settings: Settings) -> None:
    settings.IMAGE_BYTES_MAX = 1024**2
    with pytest.raises(ValidationError, match="at most 1 MB"):
        clean_image(io.BytesIO(b"x" * (1024**2 + 1)), longest_side=1600)


@pytest.mark.parametrize("side", [7_000, 20_000])
def test_too_many_pixels_are_refused_before_they_are_decoded(side: int) -> None:
    with pytest.raises(ValidationError, match="at most 40 megapixels"):
        clean_image(sent(size=(side, side), mode="1"), longest_side=1600)
