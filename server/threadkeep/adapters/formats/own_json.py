"""The format `json`: one document, lossless, with a line for each message."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from threadkeep.adapters.formats.own import (
    FORMAT,
    MAX_SESSION_BYTES,
    VERSION,
    check_header,
    names_our_format,
    transcript_of,
)
from threadkeep.adapters.formats.strict import NotAsExpected, json_text, parsed, to_json
from threadkeep.domain.errors import ImportInvalid
from threadkeep.domain.transfer import Transcript, TransferProblem

if TYPE_CHECKING:
    from threadkeep.adapters.formats.json_elements import Elements

_NO_JSON: Final = "This is not an export of Threadkeep: it is not valid JSON. Give another file, or say whose history it is."


class JsonFormat:
    """Writes it, and reads it however it is laid out."""

    name = "json"
    label = "JSON"
    extensions = (".json",)
    is_text = True

    def __init__(self, *, max_session_bytes: int = MAX_SESSION_BYTES) -> None:
        self._max_session_bytes = max_session_bytes

    def pieces(self, transcripts: Iterable[Transcript], *, is_single: bool) -> Iterator[bytes]:
        del is_single  # one layout for both, so that readers need not care
        yield f'{{"format":"{FORMAT}","version":{VERSION},"sessions":['.encode()
        before = b"\n"
        for transcript in transcripts:
            yield before + _opening(transcript)
            separator = b"\n"
            for message in transcript.messages:
                yield separator + json_text(to_json(message)).encode()
                separator = b",\n"
            yield b"]}"
            before = b",\n"
        yield b"\n]}\n"

    def recognises(self, head: bytes) -> bool:
        return head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{" and names_our_format(head)

    def read(self, source: Iterable[bytes]) -> Iterator[Transcript | TransferProblem]:
        from threadkeep.adapters.formats.json_elements import Elements, read_text  # none to write

        elements = Elements(source, most=self._max_session_bytes)
        is_checked = False
        for element in elements:
            if not is_checked:
                _check_head(elements)
                is_checked = True
            if element.text is None:
                limit = self._max_session_bytes // (1024 * 1024)
                told = f'Entry {element.number} of "sessions" is larger than {limit} MiB and is not imported.'
                yield TransferProblem(message=told, line=element.line)
                continue
            try:
                yield transcript_of(parsed(read_text(element.text)))
            except NotAsExpected as error:
                told = f'Entry {element.number} of "sessions" cannot be read: {error}.'
                yield TransferProblem(message=told, line=element.line)
        yield from _rest(elements, is_checked=is_checked)


def _opening(transcript: Transcript) -> bytes:
    session, repository = json_text(to_json(transcript.session)), json_text(to_json(transcript.repository))
    return f'{{"session":{session},"repository":{repository},"messages":['.encode()


def _check_head(elements: "Elements") -> None:
    try:
        check_header(elements.head())
    except NotAsExpected:
        raise ImportInvalid(_NO_JSON) from None


def _rest(elements: "Elements", *, is_checked: bool) -> Iterator[TransferProblem]:
    """What is wrong with the document around its sessions."""
    if elements.is_cut_off:
        yield TransferProblem(message="The file ends in the middle of a session.", line=elements.line)
        return
    try:
        frame = elements.frame()
    except NotAsExpected:  # where, it cannot tell: the sessions are cut out of what it has read
        if not is_checked:
            raise ImportInvalid(_NO_JSON) from None
        told = (
            "What is around the sessions is not valid JSON: it may be cut off, or lack a bracket or a comma."
        )
        yield TransferProblem(message=told, line=elements.line)
        return
    if not is_checked:
        check_header(frame)
    found = frame.get("sessions") if isinstance(frame, dict) else None
    if not isinstance(found, list):
        raise ImportInvalid('This is no export of Threadkeep: it has no array "sessions".')
    for number, each in enumerate(found, start=1):
        if not isinstance(each, dict):
            yield TransferProblem(message=f'Entry {number} of "sessions" is no session.')
