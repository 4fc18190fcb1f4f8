"""The size of pictures, read from files that other programs have written."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from jupyter_chat.engine.context.image_size import image_size

FORMATS = {
    "image/png": ("PNG", {}),
    "image/gif": ("GIF", {}),
    "image/jpeg": ("JPEG", {}),
    "image/webp": ("WEBP", {"lossless": True}),
}


def picture(width: int, height: int, form: str, **options: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(file, form, **options)
    return file.getvalue()


@pytest.mark.parametrize("media_type", FORMATS)
@pytest.mark.parametrize("size", [(1, 1), (640, 480), (3000, 17)])
def test_the_size_is_that_of_the_picture(media_type: str, size: tuple[int, int]):
    form, options = FORMATS[media_type]
    assert image_size(media_type, picture(*size, form, **options)) == size


def test_webp_comes_in_three_forms():
    assert image_size("image/webp", picture(300, 200, "WEBP", quality=50)) == (300, 200)
    extended = picture(300, 200, "WEBP", quality=50, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0")
    assert extended[12:16] == b"VP8X"
    assert image_size("image/webp", extended) == (300, 200)


def test_a_jpeg_may_have_much_before_its_size():
    photo = picture(40, 30, "JPEG", exif=b"Exif\0\0" + bytes(60_000), progressive=True)
    assert image_size("image/jpeg", photo) == (40, 30)


@pytest.mark.parametrize("media_type", FORMATS)
def test_what_is_no_such_picture_has_no_size(media_type: str):
    form, options = FORMATS[media_type]
    whole = picture(64, 64, form, **options)
    for data in (b"", b"<svg/>", whole[:9], whole[:4] + bytes(30)):
        assert image_size(media_type, data) is None


def test_other_kinds_have_none():
    assert image_size("image/svg+xml", picture(64, 64, "PNG")) is None
