"""A cap on what a form may send, before any of it is put on the disk."""

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

FORM_BYTES = 64 * 1024  # what comes beside the images


class CappedUpload(FileUploadHandler):
    """First in FILE_UPLOAD_HANDLERS: refuses a form that says it is larger than a tweet's images; the answer is 400."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, str],  # noqa: N803 # Django's name
        content_length: int,
        boundary: Any,  # bytes; the stubs say str
        encoding: Any = None,
    ) -> None:
        images, size = settings.MEDIA_MAX, settings.IMAGE_BYTES_MAX
        if content_length > images * size + FORM_BYTES:
            raise RequestDataTooBig(f"A form has at most {images} images of {size // 1024**2} MB each.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
