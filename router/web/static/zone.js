// Offers the time zone that the browser is set to: a button puts it into the field, and nothing is saved before "Save".
"use strict";

(() => {
  const field = document.querySelector("#zone");
  const offer = document.querySelector("[data-zone-offer]");
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!field || !offer || !here || here === field.value) return;
  const button = offer.querySelector("button");
  offer.querySelector("b").textContent = here;
  offer.hidden = false;
  button.addEventListener("click", () => {
    // A browser may know a zone by another of its names than the list does.
    if (![...field.options].some((each) => each.value === here)) field.add(new Option(here, here), 0);
    field.value = here;
    field.focus();
    offer.hidden = true;
  });
})();
