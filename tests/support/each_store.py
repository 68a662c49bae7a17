"""The kinds of store as parameters of a fixture: apart, for processes that fill a store do without pytest."""

from typing import Final

import pytest

from tests.support.store import STORES

IN_MEMORY, *ON_A_DISK = STORES
ON_DISKS: Final = tuple(pytest.param(kind, marks=pytest.mark.medium) for kind in ON_A_DISK)
EACH_STORE: Final = (IN_MEMORY, *ON_DISKS)
