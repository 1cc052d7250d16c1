"""Cases: what a policy must answer, written beside it, so that its change is reviewed like code.

``strict.test.yaml`` holds the cases of ``strict.yaml`` beside it. A case is a resource, its backups
and what is expected; times are written from ``now``, so a case never goes stale::

    policy: strict.yaml               # or a folder; default: the file beside it
    now: 2026-11-24T06:00:00Z         # default: this instant; a case may have its own
    cases:
      - name: a daily backup passes
        resource: {name: prod-a}
        backups:
          - {taken: -26h, every: 24h, times: 13}          # a series, going back
          - -2h                                           # short for {taken: -2h}
        expect: pass                                      # short for {outcome: pass}

      - name: a backup that lost half of its data is told
        resource: {name: prod-a, created: -100d, auto_backup: true}
        backups:
          - {taken: -1h, state: failed}
          - {taken: -2h, size: 1MiB, kind: manual}
          - {taken: unknown}
        expect:
          policy: production                              # none = no policy governs it
          outcome: fail                                   # of the resource
          rules:                                          # those not named are not checked
            last_success_age: pass                        # short for {outcome: pass}
            size_drift: {outcome: fail, message: "*smaller than*", severity: high, exempt: false}

What is left out is in good order: the resource is of the first source of the policy, a year old
and backed up automatically; a backup is automatic and has succeeded, with 10 MiB, and is
``encrypted`` and ``clean`` (both ``true``). A time is ``-30h`` (before now), ``+10m``, an instant
with a zone, or ``unknown``; ``size``, ``auto_backup``, ``encrypted`` and ``clean`` may be
``unknown`` too. The other keys of ``resource`` are those of ``match``: ``id``, ``source``,
``account``, ``region``, ``zone``, ``kind``, ``state``, ``tags``.

What only some sources tell is not told when it is left out: how long a backup ``took`` (``20m``)
and until when it is locked (``locked_until: +30d``), ``schedule: {cron: 0 3 * * *, timezone: UTC}``
of a resource, and beside ``backups`` of a case its ``copies``, which are written like backups, with
the ``region`` or ``account`` where they lie (``[]``: the source tells that there is none), and
``restorable: {since: -7d, until: -5m}``, what point-in-time recovery covers.

Messages are English here, also those of a policy whose reports speak another ``language``: a case
holds what the rules answer, and stays true when the language changes.

``shape`` is the form, ``reader`` reads it, ``run`` judges with the real rules, ``results`` and
``junit`` say what came of it. Pure: text, kinds and rules in.
"""
