/** Entry point of the console: renders the page. */

import { render } from "preact";
import { App } from "./app.tsx";

const root = document.getElementById("console");
if (root !== null) {
  root.replaceChildren();
  render(<App />, root);
}
