// Nothing of a page stays in the browser. htmx keeps the page's address in sessionStorage for a history that we do not use;
// it asks whether it may first, so the answer is no. Loaded before it.
"use strict";

for (const name of ["localStorage", "sessionStorage"]) {
  Object.defineProperty(window, name, {
    get() {
      throw new DOMException("Nothing is kept in this browser.", "SecurityError");
    },
  });
}
