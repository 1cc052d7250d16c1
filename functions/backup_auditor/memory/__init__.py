"""What is remembered from one audit to the next, and what has changed since.

``Memory`` is what one whole audit leaves behind; ``compare`` holds the next audit against it and
gives the changes and the memory after it. Pure: where memories are kept is the store's matter.

What cannot be seen today keeps what was known of it: behind a gap nothing is resolved, nothing has
vanished, and what failed is still known to fail.
"""

from backup_auditor.memory.compare import Comparison, compare
from backup_auditor.memory.model import KnownResource, Memory

__all__ = ["Comparison", "KnownResource", "Memory", "compare"]
