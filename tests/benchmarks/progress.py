"""The parts of a run: what each took, and which ended early; one that fails does not keep the others from running."""

import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from threadkeep.values import Mutable, field


class Progress(Mutable):
    """Filled while the parts run one after the other."""

    tell: Callable[[str], None]
    """Is told which part begins, and the traceback of one that fails."""
    seconds: dict[str, float] = field(factory=dict, init=False)
    """By the name of the part."""
    unfinished: dict[str, str] = field(factory=dict, init=False)
    """What was raised, by the name of the part."""

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Raises nothing but what is meant to end the program."""
        self.tell(name)
        began = time.perf_counter()
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever it is: the other parts still tell what they find
            self.tell(traceback.format_exc())
            told = " ".join(str(error).split())
            self.unfinished[name] = f"{type(error).__name__}: {told[:200]}"
        self.seconds[name] = time.perf_counter() - began
