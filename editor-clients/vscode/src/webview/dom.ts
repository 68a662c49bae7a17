/** Small helpers to build the page: elements, icons, buttons. */

type Child = Node | string | undefined;
type Attributes = Readonly<Record<string, string | boolean | undefined>>;

/** An element with attributes (`true` sets an empty one, `undefined` and `false` none) and children. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

export function setAttribute(element: Element, name: string, value: string | boolean | undefined): void {
  if (value === undefined || value === false) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? "" : value);
}

export function icon(name: string): HTMLElement {
  return h("i", { class: `codicon codicon-${name}`, "aria-hidden": "true" });
}

/** A button that shows an icon alone; the label is for tooltips and screen readers. */
export function iconButton(name: string, label: string, act: () => void): HTMLButtonElement {
  const button = h(
    "button",
    { type: "button", class: "icon", title: label, "aria-label": label },
    icon(name),
  );
  button.addEventListener("click", act);
  return button;
}

export function textButton(label: string, act: () => void, { primary = false } = {}): HTMLButtonElement {
  const button = h("button", { type: "button", class: primary ? "text primary" : "text" }, label);
  button.addEventListener("click", act);
  return button;
}

/** Sets text only where it changed, so that a selection survives. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function show(element: HTMLElement, isShown: boolean): void {
  if (element.hidden === isShown) element.hidden = !isShown;
}

/** Nodes from markup that our own renderer made of escaped text. */
export function nodesOf(html: string): DocumentFragment {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}
