"""Files on their way in: one that is too large is refused before it is all here."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, StopUpload


class SizeLimit(FileUploadHandler):
    """Looks at what the request announces when its file begins: Django never reads more than that."""

    announced = 0

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, Any],  # noqa: N803 Django's name for it
        content_length: int,
        boundary: Any,
        encoding: Any = None,
    ) -> None:
        self.announced = content_length

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.announced > settings.UPLOAD_LIMIT:
            # Not HttpRequest's own: whoever shows the form says it in the form.
            vars(self.request)["upload_was_too_large"] = True
            raise StopUpload(connection_reset=True)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
