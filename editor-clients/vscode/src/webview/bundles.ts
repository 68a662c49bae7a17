/** Loads further files of the extension into the page, each once and only when it is needed. */

/** The page's own script: it tells where the files lie, and may let more in. */
const own = document.currentScript instanceof HTMLScriptElement ? document.currentScript : undefined;
const loaded = new Map<string, Promise<void>>();

export function loadScript(name: string): Promise<void> {
  return once(`${name}.js`, (url, nonce) => {
    const script = document.createElement("script");
    script.nonce = nonce;
    script.src = url;
    return script;
  });
}

export function loadStyle(name: string): Promise<void> {
  return once(`${name}.css`, (url) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = url;
    return link;
  });
}

function once(file: string, make: (url: string, nonce: string) => HTMLElement): Promise<void> {
  const known = loaded.get(file);
  if (known !== undefined) return known;
  const loading = new Promise<void>((resolve, reject) => {
    if (own === undefined || own.src === "") return reject(new Error(`There is no ${file} here.`));
    const element = make(new URL(file, own.src).href, own.nonce);
    element.addEventListener("load", () => resolve());
    element.addEventListener("error", () => reject(new Error(`${file} could not be loaded.`)));
    document.head.append(element);
  });
  loaded.set(file, loading);
  return loading;
}
