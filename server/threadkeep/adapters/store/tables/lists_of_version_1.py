"""Lists of sessions as version 1 of the store has them, which a newer program leaves to older ones beside it.

Kept apart from what is used now: it goes when stores of version 1 are no longer opened. There a session that rests
stands on a `shelf` and in some fifty indexes; whoever changes it has to take it from there.
"""

# ruff: noqa: S608 - the names spliced into SQL are constants

from typing import Final

from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.tables import list_schema

LOOSENED: Final = "sessions_loosened"

# programs of version 1 do this themselves, so that it does nothing where they write
_LOOSEN: Final = f"""
CREATE TRIGGER {LOOSENED} AFTER UPDATE OF doc, tags, links ON sessions WHEN new.shelf NOTNULL BEGIN
    UPDATE sessions SET shelf = NULL WHERE doc_id = new.doc_id;
END;
"""
# its triggers copy the shelf as the statement left it, be it before or after the one above
_LOOSEN_SIDE: Final = """
CREATE TRIGGER {0}_loosened AFTER INSERT ON {0}
WHEN new.shelf NOTNULL AND (SELECT shelf FROM sessions WHERE doc_id = new.session) IS NULL BEGIN
    UPDATE {0} SET shelf = NULL WHERE session = new.session;
END;
"""

_REPLACED: Final = r"""
SELECT type, name FROM sqlite_schema WHERE tbl_name = 'sessions' AND (
    type IN ('index', 'trigger') AND sql LIKE '%shelf%'
    OR type = 'trigger' AND sql LIKE '%session\_%' ESCAPE '\'
    OR name = 'sessions_of_key'
)
"""


def keep_for_older(storage: SqliteStorage) -> None:
    """Sees to it that what this program writes into a store of version 1 is listed rightly by older ones."""
    if storage.rows("SELECT 1 FROM sqlite_schema WHERE name = ?", (LOOSENED,)):
        return
    with storage.transaction():
        found = storage.row(
            "SELECT user_version, EXISTS (SELECT 1 FROM sqlite_schema WHERE name = ?) FROM pragma_user_version",
            (LOOSENED,),
        )
        if found == (1, 0):  # else another process was faster
            storage.rows(_LOOSEN + "".join(_LOOSEN_SIDE.format(table) for table in list_schema.SIDES))


def replace_lists(storage: SqliteStorage) -> None:
    """The way to version 2, when no older program is there any more; inside a transaction, after its indexes.

    The column `shelf` stays, empty of meaning: to take it away would write every session anew.
    """
    for kind, name in storage.rows(_REPLACED):
        storage.rows(f"DROP {kind} {name}")
    for table in list_schema.SIDES:
        storage.rows(f"ALTER TABLE {table} RENAME TO {table}_before")
    for statement in list_schema.tables():
        storage.rows(statement)
    for table, (column, _) in list_schema.SIDES.items():
        storage.rows(f"INSERT INTO {table} SELECT {column}, session FROM {table}_before ORDER BY 1, 2")
        storage.rows(f"DROP TABLE {table}_before")
    storage.rows(list_schema.FILL_COUNTS)
    for statement in list_schema.triggers():
        storage.rows(statement)
