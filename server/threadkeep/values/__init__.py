"""Values: classes whose members are declared, and the one reader and writer of their JSON. Knows no session and no wire."""

from threadkeep.values.classes import (
    NOTHING,
    Field,
    Mutable,
    Value,
    evolve,
    field,
    fields,
    is_value_class,
    members,
)

__all__ = ["NOTHING", "Field", "Mutable", "Value", "evolve", "field", "fields", "is_value_class", "members"]
