/** Shows a person's own words as they were typed: every line break and sign, nothing of it formatted. */
import { h, setText } from "./dom";

export class PlainBody {
  readonly element = h("div", { class: "body plain" });

  update(text: string): void {
    setText(this.element, text);
  }
}
