"""From YAML text to a ``PolicySet``: places, sentences and selectors. Pure: text and kinds in.

``load(text, name, kinds)`` in ``policy.load`` is the entry.
"""
