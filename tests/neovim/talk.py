"""What a person does in the chat: opens it, writes, sends, waits."""

from tests.neovim.editor import Neovim


def opened(editor: Neovim) -> Neovim:
    """Opens the chat and waits for its session."""
    editor.command("Threadkeep open")
    editor.until("require('threadkeep').session() ~= nil")
    return editor


def write(editor: Neovim, text: str) -> None:
    """Puts a text into the prompt as if it was typed."""
    editor.lua("require('threadkeep.chat').prompt():set(...)", text)


def send(editor: Neovim, text: str) -> None:
    """Writes in the prompt and presses Enter there."""
    write(editor, text)
    editor.lua("vim.api.nvim_set_current_win(require('threadkeep.view').windows().prompt)")
    editor.feed("<Esc><CR>")


def say(editor: Neovim, text: str) -> None:
    """Sends a message and waits for the end of the answer."""
    before = len(editor.events("ThreadkeepTurnCompleted"))
    send(editor, text)
    completed(editor, before + 1)


def completed(editor: Neovim, count: int) -> None:
    """Waits until so many answers have ended."""
    editor.until(
        "#vim.tbl_filter(function(one) return one[1] == 'ThreadkeepTurnCompleted' end, _G.events) >= ...",
        count,
    )


def chat_bar(editor: Neovim) -> str:
    """The line above the chat as a person reads it."""
    return str(
        editor.lua(
            "local win = require('threadkeep.view').windows().chat "
            "return vim.api.nvim_eval_statusline(vim.wo[win].winbar, { maxwidth = 500 }).str"
        )
    )


def prompt_bar(editor: Neovim) -> str:
    """The line above the prompt as a person reads it."""
    return str(
        editor.lua(
            "local win = require('threadkeep.view').windows().prompt "
            "return vim.api.nvim_eval_statusline(vim.wo[win].winbar, { maxwidth = 500 }).str"
        )
    )
