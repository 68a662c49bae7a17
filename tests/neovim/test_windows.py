"""Buffers and windows belong to everybody: whatever is done to them, the chat comes back whole and hurts nobody's."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.neovim.conftest import Start
from tests.neovim.editor import Neovim
from tests.neovim.talk import completed, opened, say, send, write
from tests.support.product import plan

pytestmark = pytest.mark.slow

PLAYER = Path(__file__).with_name("player.lua")

PLACES = ("chat", "prompt", "file")
COMMANDS = (
    *(
        "bdelete",
        "bdelete!",
        "bwipeout",
        "bunload",
        "%bdelete!",
        "%bwipeout!",
        "bnext",
        "bprevious",
        "buffer #",
    ),
    *(
        "edit notes.txt",
        "edit! other.txt",
        "enew",
        "edit",
        "edit!",
        "find notes.txt",
        "normal! gf",
        "view notes.txt",
    ),
    *(
        "split",
        "vsplit",
        "split notes.txt",
        "new",
        "vnew",
        "topleft vsplit",
        "botright split",
        "tab split",
        "tabnew",
    ),
    *(
        "only",
        "close",
        "tabclose",
        "tabonly",
        "quit",
        "tabnext",
        "pclose",
        "help",
        "new | setlocal buftype=nofile",
    ),
    *(
        "wincmd T",
        "wincmd H",
        "wincmd J",
        "wincmd K",
        "wincmd L",
        "wincmd x",
        "wincmd r",
        "wincmd =",
        "wincmd _",
    ),
    *("resize 5", "vertical resize 30", "set columns=60", "set columns=200", "set lines=18", "set lines=50"),
    *(
        "buffer threadkeep://chat",
        "buffer threadkeep://prompt",
        "edit threadkeep://chat",
        "split threadkeep://chat",
    ),
    *("Threadkeep", "Threadkeep close", "Threadkeep toggle", "Threadkeep open left", "Threadkeep open float"),
    *(
        "Threadkeep open bottom",
        "Threadkeep open tab",
        "Threadkeep open right",
        "set winfixbuf",
        "file renamed",
    ),
    *("say", "write", "picker", "plug_in", "wipe_silently", "set filetype=text", "set buftype=", "diffthis"),
)


LAYOUTS = ("right", "left", "bottom", "float", "tab")
PAIR = "require('threadkeep.windows').pair(vim.api.nvim_get_current_tabpage())"


@pytest.fixture
def stage(start: Start, folder: Path) -> Neovim:
    """A chat of some messages in an editor that knows how to play."""
    return on_a_stage(start(), folder)


def on_a_stage(editor: Neovim, folder: Path) -> Neovim:
    """Opens a file and beside it a chat of some messages; the editor knows how to play then."""
    (folder / "other.txt").write_text("delta\n")
    editor.command("edit notes.txt")
    opened(editor)
    say(editor, plan(texts=["It is so.\n\nnotes.txt"], reasoning=["Hm\n", "hm"]))
    editor.lua("_G.player = dofile(...)", str(PLAYER))
    return editor


def chat_window(editor: Neovim, which: str = "chat") -> int:
    """Goes to the window of the chat, or of the prompt."""
    win = int(editor.until(f"({PAIR} or {{}})[...]", which))
    editor.lua("vim.api.nvim_set_current_win(...)", win)
    return win


def name_in(editor: Neovim, win: int) -> str:
    """The file, or the name of the chat, in a window."""
    return Path(editor.lua("return vim.api.nvim_buf_get_name(vim.api.nvim_win_get_buf(...))", win)).name


def width(editor: Neovim) -> int:
    return int(editor.lua(f"return vim.api.nvim_win_get_width({PAIR}.chat)"))


def height(editor: Neovim, which: str) -> int:
    return int(editor.lua(f"return vim.api.nvim_win_get_height({PAIR}[...])", which))


def on_screen(editor: Neovim) -> None:
    """Waits until the chat and the prompt are both shown in this tab page."""
    editor.until(f"{PAIR} and {PAIR}.prompt")


def closed(editor: Neovim) -> None:
    editor.until("require('threadkeep.view').windows() == nil")


def no_errors(editor: Neovim) -> None:
    assert editor.lua("return vim.v.errmsg") == ""
    assert "traceback" not in editor.lua("return vim.fn.execute('messages')")


@pytest.mark.parametrize("command", ["bdelete", "bwipeout", "bunload", "%bdelete!", "%bwipeout!"])
@pytest.mark.parametrize("where", ["chat", "prompt"])
def test_a_chat_whose_buffer_is_deleted_is_whole_when_it_is_opened_again(
    stage: Neovim, where: str, command: str
) -> None:
    lines = stage.lines()
    write(stage, "half a thought")
    chat_window(stage, where)
    stage.command(command)
    stage.command("Threadkeep")
    on_screen(stage)
    assert (stage.lines(), stage.lines("prompt")) == (lines, ["half a thought"])
    assert "▌ You" in stage.decorations()
    say(stage, plan("More", texts=["And more"]))
    assert stage.lines()[: len(lines)] == lines
    stage.shows("And more")
    no_errors(stage)


@pytest.mark.parametrize("command", ["bdelete", "bwipeout", "bunload", "edit!", "noautocmd bwipeout"])
def test_an_answer_goes_on_whatever_becomes_of_its_buffer_meanwhile(stage: Neovim, command: str) -> None:
    send(stage, plan("Tell me", tokens=60, token_delay=0.02))
    stage.shows("t00003")
    chat_window(stage)
    stage.command(command)
    stage.command("Threadkeep")
    completed(stage, 2)
    stage.shows(" ".join(f"t{number:05}" for number in range(60)))
    assert sum("t00003" in line for line in stage.lines()) == 1
    no_errors(stage)


@pytest.mark.parametrize("where", ["chat", "prompt"])
@pytest.mark.parametrize(
    "command", ["edit other.txt", "buffer other.txt", "call search('other.txt', 'w') | normal! gf", "enew"]
)
def test_a_file_that_is_opened_from_the_chat_lands_in_the_last_ordinary_window(
    stage: Neovim, where: str, command: str
) -> None:
    stage.command("badd other.txt | 1wincmd w | vsplit | 1wincmd w")
    mine, other = stage.lua("return { vim.fn.win_getid(1), vim.fn.win_getid(2) }")
    write(stage, "other.txt")
    say(stage, plan("See other.txt", texts=["other.txt"]))
    write(stage, "other.txt")
    stage.lua("vim.api.nvim_set_current_win(...)", mine)
    win = chat_window(stage, where)
    stage.command(command)
    name = "" if command == "enew" else "other.txt"
    stage.until("vim.api.nvim_get_current_win() == ...", mine)
    assert [name_in(stage, one) for one in (mine, other, win)] == [name, "notes.txt", where]
    assert stage.lua("return vim.wo[...].winbar", mine) == ""
    assert stage.lines("prompt") == ["other.txt"]
    on_screen(stage)
    stage.command("Threadkeep close")
    assert stage.lua("return vim.api.nvim_tabpage_list_wins(0)") == [mine, other]
    no_errors(stage)


def test_the_cursor_of_a_file_that_is_sent_to_its_window_goes_along(stage: Neovim) -> None:
    chat_window(stage)
    stage.command("edit +3 notes.txt")
    stage.until("vim.fn.bufname() == 'notes.txt' and vim.w.threadkeep == nil")
    assert stage.lua("return vim.api.nvim_win_get_cursor(0)[1]") == 3


def test_a_file_opened_from_a_chat_that_is_alone_stands_beside_it(stage: Neovim) -> None:
    win = chat_window(stage)
    stage.command("only")
    stage.command("edit other.txt")
    stage.until("vim.fn.bufname() == 'other.txt' and vim.api.nvim_get_current_win() ~= ...", win)
    assert name_in(stage, win) == "chat"
    stage.command("Threadkeep")
    on_screen(stage)
    no_errors(stage)


def test_a_file_opened_from_a_floating_chat_is_not_covered_by_it(stage: Neovim) -> None:
    stage.command("Threadkeep open float")
    chat_window(stage)
    stage.command("edit other.txt")
    closed(stage)
    assert stage.lua("return { #vim.api.nvim_list_wins(), vim.fn.bufname() }") == [1, "other.txt"]


def test_a_floating_chat_closes_with_the_tab_page_that_is_left(stage: Neovim) -> None:
    stage.command("Threadkeep open float")
    stage.command("tabnew")
    assert stage.lua("return require('threadkeep.view').windows() == nil")
    # With anything that floats there, Neovim 0.10 and 0.11 would crash here.
    stage.command("bdelete notes.txt")
    stage.command("Threadkeep")
    on_screen(stage)
    no_errors(stage)


def test_a_file_that_a_script_keeps_in_the_window_of_the_chat_stays_with_the_window(stage: Neovim) -> None:
    win = chat_window(stage)
    # Without a moment between the two commands, as a mapping or a script does it.
    stage.lua("vim.cmd('edit other.txt') vim.cmd('Threadkeep')")
    on_screen(stage)
    assert name_in(stage, win) == "other.txt"
    assert stage.lua("return { vim.wo[...].winbar, vim.wo[...].winfixwidth }", win) == ["", False]
    say(stage, plan(texts=["Still here"]))
    stage.shows("Still here")
    stage.command("Threadkeep close")
    closed(stage)
    assert name_in(stage, win) == "other.txt"
    no_errors(stage)


def test_a_picker_keeps_the_window_of_the_chat_until_it_has_picked(stage: Neovim) -> None:
    mine = stage.lua("return vim.fn.win_getid(1)")
    win = chat_window(stage)
    stage.lua(
        "vim.api.nvim_win_set_buf(0, vim.api.nvim_create_buf(false, true)) vim.bo.bufhidden = 'wipe' vim.wait(100)"
    )
    assert name_in(stage, win) == ""
    assert stage.lua("return vim.wo[...].winbar", win) == ""
    stage.command("edit other.txt")
    stage.until("vim.api.nvim_get_current_win() == ...", mine)
    assert (name_in(stage, mine), name_in(stage, win)) == ("other.txt", "chat")
    on_screen(stage)
    no_errors(stage)


def test_only_in_the_chat_leaves_it_to_be_read_and_the_prompt_comes_when_one_writes(stage: Neovim) -> None:
    win = chat_window(stage)
    stage.command("only")
    stage.lua("vim.wait(50)")
    assert stage.lua("return vim.api.nvim_list_wins()") == [win]
    stage.feed("i")
    on_screen(stage)
    assert name_in(stage, stage.lua("return vim.api.nvim_get_current_win()")) == "prompt"


def test_a_window_of_ones_own_that_shows_the_chat_is_not_closed(stage: Neovim) -> None:
    stage.command("Threadkeep close")
    mine = stage.lua("return vim.api.nvim_get_current_win()")
    stage.command("buffer threadkeep://chat")
    stage.command("Threadkeep")
    on_screen(stage)
    assert stage.lua(f"return {PAIR}.chat") == mine
    stage.command("Threadkeep close")
    closed(stage)
    assert stage.lua("return vim.api.nvim_list_wins()") == [mine]
    assert name_in(stage, mine) == "notes.txt"
    assert stage.lua("return { vim.wo.winbar, vim.wo.foldtext }") == ["", "foldtext()"]


def test_a_window_that_help_splits_off_the_chat_looks_as_any_other(stage: Neovim) -> None:
    chat_window(stage)
    stage.command("help")
    assert stage.lua("return { vim.bo.buftype, vim.wo.winbar, vim.wo.foldtext }") == [
        "help",
        "",
        "foldtext()",
    ]


def test_another_tab_page_has_the_chat_too_and_only_there_it_closes(stage: Neovim) -> None:
    stage.command("tabnew")
    stage.command("Threadkeep")
    on_screen(stage)
    assert stage.lua("return #vim.api.nvim_list_tabpages()") == 2
    stage.command("Threadkeep toggle")
    assert stage.lua(f"return {PAIR} == nil")
    stage.command("tabfirst")
    on_screen(stage)
    # The layout "tab" has a tab page for itself; one is enough.
    stage.command("Threadkeep open tab")
    stage.command("tabfirst")
    stage.command("Threadkeep")
    assert stage.lua("return { #vim.api.nvim_list_tabpages(), vim.api.nvim_tabpage_get_number(0) }") == [3, 2]


def test_a_buffer_that_is_renamed_gets_its_name_back(stage: Neovim) -> None:
    win = chat_window(stage)
    stage.command("file mine")
    stage.until("vim.fn.bufname() == 'threadkeep://chat'")
    stage.command("edit threadkeep://chat")
    assert stage.lua("return vim.api.nvim_get_current_win()") == win
    stage.shows("It is so.")


def test_the_command_line_window_keeps_the_chat_away_with_words(stage: Neovim) -> None:
    stage.command("1wincmd w")
    stage.lua("vim.api.nvim_input('q:')")
    stage.until("vim.fn.getcmdwintype() == ':'")
    stage.command("Threadkeep")
    stage.told("close the command-line window first")
    stage.lua("vim.api.nvim_input(':quit<CR>')")
    stage.until("vim.fn.getcmdwintype() == ''")
    no_errors(stage)


def test_what_arrives_while_the_buffer_is_gone_is_drawn_once_it_is_back(stage: Neovim) -> None:
    for number, command in enumerate(("bwipeout", "bunload", "bdelete"), 1):
        # At once, before the plugin can make the buffer again.
        stage.lua(f"vim.cmd.{command}(require('threadkeep.current').buf) _G.player.say()")
        stage.shows(f"Message {number}")
        stage.command("Threadkeep")
    no_errors(stage)


def test_a_name_that_is_nothing_is_told(stage: Neovim) -> None:
    stage.command("edit threadkeep://nothing")
    stage.told("`threadkeep://nothing` is nothing of Threadkeep's; there are `threadkeep://chat`")


def test_a_session_of_neovim_brings_the_chat_back_live(start: Start, tmp_path: Path) -> None:
    comes_back_with_a_session(start, tmp_path)


def comes_back_with_a_session(start: Start, tmp_path: Path, *, program: str | None = None) -> None:
    """Saves a session of Neovim with the chat in it, and goes on in another Neovim."""
    first = opened(start(program=program))
    say(first, plan("Is it so?", texts=["It is so."], reasoning=["Hm"]))
    first.command("1wincmd w | edit notes.txt")
    saved = tmp_path / "Session.vim"
    first.command(f"mksession {saved}")
    first.close()
    second = start(program=program)
    second.command(f"source {saved}")
    second.shows("It is so.")
    assert second.session()["id"]
    on_screen(second)
    assert second.lua("return #vim.api.nvim_list_wins()") == 3
    second.until(f"vim.wo[{PAIR}.chat].winbar:find('ready', 1, true)")
    folded = f"vim.api.nvim_win_call({PAIR}.chat, function() return vim.fn.foldclosed(5) end)"
    assert second.lua(f"return {folded}") == 5
    say(second, plan("And?", texts=["It goes on."]))
    second.shows("It goes on.")
    # The windows are the plugin's again.
    second.command("Threadkeep close")
    assert second.lua("return #vim.api.nvim_list_wins()") == 1
    assert second.lua("return vim.fn.bufname()") == "notes.txt"
    no_errors(second)


def test_a_buffer_with_the_name_of_the_chat_comes_to_life_wherever_it_is_shown(start: Start) -> None:
    first = opened(start())
    say(first, plan("Is it so?", texts=["It is so."]))
    first.close()
    second = start()
    # As plugins for sessions do it.
    second.lua("vim.api.nvim_win_set_buf(0, vim.fn.bufadd('threadkeep://chat'))")
    second.shows("It is so.")
    second.command("Threadkeep")
    on_screen(second)
    assert second.lua("return #vim.api.nvim_list_wins()") == 2
    no_errors(second)


def test_sizes_are_shares_of_the_screen(start: Start) -> None:
    editor = start()
    editor.command("set columns=120 lines=40")
    opened(editor)
    assert width(editor) == 50
    editor.command("set columns=60")
    editor.until(f"vim.api.nvim_win_get_width({PAIR}.chat) == 25")
    editor.command("Threadkeep toggle")
    editor.command("Threadkeep toggle")
    assert width(editor) == 25
    editor.command("set columns=200")
    editor.until(f"vim.api.nvim_win_get_width({PAIR}.chat) == 84")
    editor.command("Threadkeep open bottom")
    assert height(editor, "chat") + height(editor, "prompt") + 1 == 20
    editor.command("set lines=60")
    editor.until(f"vim.api.nvim_win_get_height({PAIR}.chat) == 26")
    editor.command("Threadkeep open float")
    assert width(editor) == 160
    editor.command("set columns=100")
    editor.until(
        f"vim.api.nvim_win_get_width({PAIR}.chat) == 80 and vim.api.nvim_win_get_width({PAIR}.prompt) == 80"
    )
    # In another tab page it is laid out when one comes back.
    editor.command("Threadkeep open left")
    editor.command("tabnew | set columns=150 | tabprevious")
    editor.until(f"vim.api.nvim_win_get_width({PAIR}.chat) == 63")


def test_only_a_size_that_a_person_set_is_remembered(start: Start) -> None:
    editor = start()
    editor.command("set columns=120 lines=40")
    opened(editor)
    # None of these is a wish of somebody's: another screen, a window more, one less.
    editor.command("set columns=90 | 1wincmd w | vsplit | close | topleft vnew | only")
    editor.lua("vim.wait(50)")
    editor.command("set columns=120")
    editor.command("Threadkeep")
    assert width(editor) == 50
    chat_window(editor)
    editor.command("vertical resize 72")
    editor.until("require('threadkeep.sizes').cells('width') == 72")
    chat_window(editor, "prompt")
    editor.command("resize 8")
    editor.until("require('threadkeep.sizes').cells('prompt') == 8")
    editor.close()
    again = start()
    again.command("set columns=100 lines=20")
    opened(again)
    assert (width(again), height(again, "prompt")) == (60, 4)


@pytest.mark.parametrize(("option", "layout"), [("winwidth=84", "right"), ("winheight=30", "bottom")])
def test_a_size_that_comes_of_going_from_window_to_window_is_nobodys_wish(
    start: Start, option: str, layout: str
) -> None:
    editor = start(layout=layout)
    editor.command(f"set columns=120 lines=40 {option}")
    opened(editor)
    editor.command("1wincmd w")
    editor.until("vim.api.nvim_win_get_width(0) >= 84")
    editor.lua("vim.wait(50)")
    editor.command("2wincmd w")
    editor.lua("vim.wait(50)")
    editor.command("1wincmd w")
    editor.lua("vim.wait(50)")
    assert editor.lua(
        "local s = require('threadkeep.sizes') return { s.cells('width'), s.cells('height') }"
    ) == [50, 20]
    # Dragging the line between them from there is one.
    if layout == "right":
        editor.command("vertical resize 90")
        editor.until("require('threadkeep.sizes').cells('width') == 29")


def test_options_hold_where_nothing_is_remembered(start: Start) -> None:
    editor = start(remember_layout=False, width=30, prompt_height=2)
    editor.command("set columns=100 lines=30")
    opened(editor)
    assert (width(editor), height(editor, "prompt")) == (30, 2)
    editor.command("set columns=200")
    editor.lua("vim.wait(50)")
    assert width(editor) == 30


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_prompt_grows_with_its_text_and_shrinks_again(start: Start, layout: str) -> None:
    editor = start(prompt_max_height=8)
    editor.command("set columns=120 lines=40")
    opened(editor)
    editor.command(f"Threadkeep open {layout}")
    both = height(editor, "chat") + height(editor, "prompt")
    write(editor, "one\ntwo\nthree\nfour")
    assert height(editor, "prompt") == 5
    write(editor, "word " * 60 if layout in ("right", "left") else "word " * 120)
    editor.until(f"vim.api.nvim_win_get_height({PAIR}.prompt) > 5")
    write(editor, "many\n" * 50)
    assert height(editor, "prompt") == 8
    assert height(editor, "chat") + height(editor, "prompt") == both
    write(editor, "")
    assert height(editor, "prompt") == 3
    assert height(editor, "chat") + height(editor, "prompt") == both


def test_a_screen_without_room_has_the_chat_float(start: Start) -> None:
    editor = start()
    editor.command("set columns=80 lines=12 winheight=2 winminheight=2 | split | split")
    opened(editor)
    editor.command("Threadkeep open bottom")
    on_screen(editor)
    no_errors(editor)


def played(editor: Neovim, steps: list[tuple[str, str]], *, opens_after_each: bool) -> str | None:
    """What is wrong after one of the steps, if anything is."""
    editor.lua("_G.player.reset()")
    for number, (place, command) in enumerate(steps, 1):
        wrong = editor.lua("return _G.player.play(...)", place, command)
        if not wrong and (opens_after_each or number == len(steps)):
            wrong = editor.lua("return _G.player.open()")
        if wrong:
            return f"after {json.dumps(steps[:number])}: {wrong}"
    return None


def test_whatever_is_done_to_windows_and_buffers_the_chat_can_be_opened_and_is_whole(stage: Neovim) -> None:
    holds_for(stage, examples=60)


def holds_for(editor: Neovim, *, examples: int) -> None:
    """Plays commands at random; fails with the fewest of them that do harm."""

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(
        st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(COMMANDS)), min_size=1, max_size=10),
        st.booleans(),
    )
    def holds(steps: list[tuple[str, str]], opens_after_each: bool) -> None:
        assert played(editor, steps, opens_after_each=opens_after_each) is None

    holds()
