// A scenario that needs an editor of its own.
import { startEditor } from "./editor.mjs";
import { Window } from "./window.mjs";

/** Starts it with these options, and plays with it and with what opens its window; a picture is left of what fails. */
export async function inOwnEditor(browser, name, options, play) {
  const editor = await startEditor(options);
  let window;
  const open = async (folder, opened = Window.open) => {
    window = await opened(browser, editor, folder);
    return window;
  };
  try {
    await play(editor, open);
  } catch (error) {
    await window?.shot(`failed-${name}`).catch(() => undefined);
    throw error;
  } finally {
    await window?.close();
    await editor.stop();
  }
}
