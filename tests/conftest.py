"""What every test shares: how hypothesis looks for examples."""

import os

from hypothesis import settings

# The gate answers for a change, so the same tree gets the same answer twice: it derives examples
# from its tests. Everybody else's runs draw at random, and go on finding what nobody thought of.
settings.register_profile("gate", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("search", deadline=None, print_blob=True)
settings.load_profile("gate" if os.environ.get("CI") else "search")
