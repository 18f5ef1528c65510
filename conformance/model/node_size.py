"""The size that a real node claims, whatever the machine has below it."""

from dataclasses import dataclass
from typing import Self

from conformance.model import quantity

MOST_CPUS = 1024
LEAST_MEMORY, MOST_MEMORY = "1Gi", "64Ti"


@dataclass(frozen=True, kw_only=True)
class NodeSize:
    """CPUs and memory that a node's kubelet offers."""

    cpu: int
    """CPUs, as Linux counts them."""
    memory: str
    """A Kubernetes quantity, for example `2Ti`."""

    def __post_init__(self) -> None:
        """Refuse sizes that no kubelet could offer. Raises ValueError that says what is wrong."""
        if not 1 <= self.cpu <= MOST_CPUS:
            raise ValueError(f"{self.cpu} is not between 1 and {MOST_CPUS} CPUs")
        if not quantity.parse(LEAST_MEMORY) <= quantity.parse(self.memory) <= quantity.parse(MOST_MEMORY):
            raise ValueError(f"{self.memory} is not between {LEAST_MEMORY} and {MOST_MEMORY} of memory")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the size that `CPUS,MEMORY` says, for example `192,2Ti`. Raises ValueError that says what is wrong."""
        cpu, comma, memory = text.partition(",")
        if not comma or not cpu.strip().isdecimal():
            raise ValueError(f"{text!r} is not CPUs and memory like 192,2Ti")
        return cls(cpu=int(cpu), memory=memory.strip())

    @property
    def memory_kib(self) -> int:
        """The memory in KiB, rounded down."""
        return int(quantity.parse(self.memory)) // 1024

    def __str__(self) -> str:
        """Return it as `parse` reads it."""
        return f"{self.cpu},{self.memory}"
