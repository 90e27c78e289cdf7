"""Pictures in a bucket of a server that speaks S3, for everybody to read."""

from typing import IO, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

OBJECT = {"CacheControl": "public, max-age=31536000, immutable", "ContentType": "image/webp"}


class Bucket(S3Storage):  # type: ignore[misc]  # the library has no types
    """Addresses are put together without asking the server or signing: a page has dozens of them.

    Whoever may write is said by boto's own variables (AWS_ACCESS_KEY_ID and the like) or the machine's role.
    """

    def get_default_settings(self) -> dict[str, Any]:  # as the parent's
        quick = Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 2})
        own = {"querystring_auth": False, "object_parameters": OBJECT, "client_config": quick}
        settings: dict[str, Any] = super().get_default_settings()
        return settings | own

    def _save(self, name: str, content: IO[bytes]) -> str:
        """Raises OSError when the server does not take it, as a disk does."""
        try:
            saved: str = super()._save(name, content)
        except (BotoCoreError, ClientError) as error:
            raise OSError(f"The bucket did not take {name}: {error}") from error
        return saved

    def exists(self, name: str) -> bool:
        try:
            return bool(super().exists(name))
        except (BotoCoreError, ClientError) as error:
            raise OSError(f"The bucket did not answer: {error}") from error
