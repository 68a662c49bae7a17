"""What every test runs under."""

from hypothesis import settings

# `poe test` and CI look longer than the quick runs while one works.
settings.register_profile("thorough", deadline=None)
settings.register_profile("quick", deadline=None, max_examples=25)
settings.load_profile("quick")
