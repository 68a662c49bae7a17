/** Lets libraries set styles on a page whose policy takes none that are written out in attributes or markup. */

/** `style` attributes become properties, and style sheets that scripts make carry the page's nonce. */
export function allowOwnStyles(): void {
  const nonce = document.querySelector<HTMLScriptElement>("script[nonce]")?.nonce ?? "";
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called on the element that it is set on
  const setAttribute = Element.prototype.setAttribute;
  Element.prototype.setAttribute = function (this: Element, name: string, value: string): void {
    if (name === "style" && "style" in this) (this as HTMLElement).style.cssText = value;
    else setAttribute.call(this, name, value);
  };
  const withNonce = <E extends Element>(element: E): E => {
    if (element instanceof HTMLStyleElement || element instanceof SVGStyleElement) element.nonce = nonce;
    return element;
  };
  for (const name of ["createElement", "createElementNS"] as const) {
    const create = Reflect.get(document, name) as (...args: unknown[]) => Element;
    const value = (...args: unknown[]): Element => withNonce(create.apply(document, args));
    Object.defineProperty(document, name, { value, configurable: true, writable: true });
  }
}
