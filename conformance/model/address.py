"""Where a Service is reached from outside its cluster."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Address:
    """A host and a port that take TCP connections of this process."""

    host: str
    port: int

    def __str__(self) -> str:
        """Return `host:port`."""
        return f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The same for plain HTTP, without a path."""
        return f"http://{self}"
