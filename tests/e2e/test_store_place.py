"""A server in an editor's container says where its store is, and how long it lives."""

from tests.e2e.conftest import Start


def test_a_store_that_is_begun_in_an_editors_container_says_how_long_it_lives(start: Start) -> None:
    editor = start(model=None, env={"REMOTE_CONTAINERS": "true"})
    editor.begin()
    info = editor.result("store/info")
    assert info["runsIn"] == "devContainer"
    if info.get("lifetime") == "container":  # the tests' folder is on a container's own disk
        warned = editor.wait_for(
            lambda m: m.get("method") == "store/warning" and m["params"]["kind"] == "shortLived"
        )
        assert info["lifetimeNote"] in warned["params"]["message"]
