"""What every test runs under."""

import os
import signal

from hypothesis import settings

# `poe test` and CI look longer than the quick runs while one works, and at the same examples each time: what
# they say of a commit stays so. The quick runs and `poe soak` leave the examples to chance.
settings.register_profile("thorough", deadline=None, derandomize=True)
settings.register_profile("quick", deadline=None, max_examples=25)
settings.load_profile("quick")

# A run in the background of a shell ignores Ctrl-C, and would hand that on to every process it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)

# In an editor's container a new store begins with a warning, which is not what these tests are about.
for name in ("CODESPACES", "REMOTE_CONTAINERS"):
    os.environ.pop(name, None)
