"""A request that is not answered as asked, with its HTTP status and one line that says why."""

from __future__ import annotations


class Refusal(Exception):
    """`status`: 400 to 504. `detail`: one line for the client. `retry_after`: seconds, where trying again may help."""

    def __init__(self, status: int, detail: str, retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.retry_after = status, " ".join(detail.split()), retry_after
