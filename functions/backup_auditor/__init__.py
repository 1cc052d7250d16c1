"""backup-auditor: which backups can be relied on, which cannot, and which could not be seen.

model, errors, secret, values   the nouns: no imports from anywhere else in the package
rules/  policy/  judge  report/  the pure core: text and records in, records and text out;
                                cases/ for the cases of a policy
sources/  channels/  store/     the edges: cloud APIs, deliveries, memory; with outside, delivery
run  compose                    one audit from end to end; settings -> sources, channels, store
handler  cli  commands/         the two doors: AWS Lambda and the command line

Imports point upwards in this list only (tests/test_layers.py).
"""

__version__ = "0.1.0"
