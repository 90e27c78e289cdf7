"""Files that people sent, as `images.CleanImage.store` names them, and nothing else."""

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponseRedirect
from django.views.decorators.http import require_safe

NAME = r"(?P<name>(?:avatars|media)/[0-9a-f]{2}/[0-9a-f]{62}\.webp)"
"""The whole of what a path may be: no name leads out of the folders or to another kind of file."""


@require_safe
def image(request: HttpRequest, name: str) -> FileResponse | HttpResponseRedirect:
    """The name is the digest of the content, so whoever has the file never asks again.

    An old address leads on to the bucket, where there is one: nothing of that goes through this process.
    """
    if settings.S3_BUCKET:
        return HttpResponseRedirect(default_storage.url(name))
    try:
        file = default_storage.open(name)
    except FileNotFoundError as error:
        raise Http404 from error
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
    return FileResponse(file, content_type="image/webp", headers=headers)
