"""Snapshots: what an audit collected, kept in a file, so that it can be judged again later.

A snapshot is JSON lines, compressed with gzip. The first line says when, by whom and for which
places it was collected. One line follows for each scope, for each thing that was collected in it
(``history``, ``unread``, ``orphan``, ``error``), for its end, and for what could not be planned.
The last line holds counts and a digest: a file that was cut or edited is refused as a whole, and
never reads as fewer resources. Only nouns go in, so no key can.
"""
