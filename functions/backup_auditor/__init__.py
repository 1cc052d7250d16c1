"""backup-auditor: which backups can be relied on, which cannot, and which could not be seen.

model, errors, secret, values, fields,
speech/                         the nouns: no imports from anywhere else in the package
rules/  policy/  judge  report/  the pure core: text and records in, records and text out
cases/                          of the core: what a policy must answer, as its tests
record/  evidence/              of the core: what is remembered of an audit, as bytes
past/                           of the core: what records say over days
sources/  channels/  store/     the edges: cloud APIs, deliveries, memory; with outside, delivery
snapshot/                       an edge: what was collected, as a file to judge again
run  compose                    one audit from end to end; settings -> sources, channels, store
recording  gather               plans that write and read snapshots; a few resources, unjudged
keeping  witnessing  sealing    an audit and the one before; what it saw, and its link of the chain
handler  cli  commands/         the two doors: AWS Lambda and the command line

Imports point upwards in this list only (tests/test_layers.py).
"""

__version__ = "0.1.0"
