"""How much a snapshot may hold: far above any account, far below what exhausts a machine."""

LONGEST_LINE = 16 << 20
"""Bytes of one line: a resource with 50,000 backups."""
LONGEST_TEXT = 4 << 30
"""Bytes of all lines, decompressed."""
MOST_ROWS = 2_000_000
