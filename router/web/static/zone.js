// Offers the time zone that the browser is set to: a button puts it into the field, and nothing is saved before "Save".
"use strict";

(() => {
  const field = document.querySelector("#zone");
  const offer = document.querySelector("[data-zone-offer]");
  // A zone has several names (Asia/Kolkata, Asia/Calcutta); a browser has one of its own for each.
  const named = (zone) => {
    try {
      return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone;
    } catch {
      return "";
    }
  };
  const here = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!field || !offer || !here || named(field.value) === here) return;
  offer.querySelector("b").textContent = here;
  offer.hidden = false;
  offer.querySelector("button").addEventListener("click", () => {
    const same = [...field.options].find((each) => each.value === here || named(each.value) === here);
    if (!same) field.add(new Option(here, here), 0);
    field.value = same ? same.value : here;
    field.focus();
    offer.hidden = true;
  });
})();
