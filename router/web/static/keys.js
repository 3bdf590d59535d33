// Single keys on the review: k keep, m modify, r revoke, n and p the next and the previous item. They only move the focus
// to an item's own button or field: nothing is decided before Enter. They listen only while an item has the focus, and
// the box on the page turns them off (WCAG 2.2, 2.1.4). The page works without them.
"use strict";

(() => {
  const box = document.querySelector("[data-keys]");
  const items = [...document.querySelectorAll("[data-item]")];
  if (!box || !items.length) return;
  box.hidden = false;
  const on = box.querySelector("input");
  const words = { k: "keep", m: "modify", r: "revoke" };

  const go = (item) => {
    if (!item) return;
    item.focus();
    item.scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("keydown", (event) => {
    if (!on.checked || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || event.isComposing) return;
    const item = event.target.closest("[data-item]");
    if (!item || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
    const at = items.indexOf(item);
    if (event.key === "n" || event.key === "p") {
      event.preventDefault();
      go(items[at + (event.key === "n" ? 1 : -1)]);
      return;
    }
    const button = words[event.key] && item.querySelector(`button[value="${words[event.key]}"]`);
    if (!button) return;
    event.preventDefault();
    const fold = button.closest("details");
    if (fold) fold.open = true;
    const reason = button.form.elements.reason;
    (reason.value.trim() ? button : reason).focus();
    button.form.dataset.wanted = event.key;
  });

  // Enter in the reason presses the button whose key was pressed, and not the first of the form.
  document.addEventListener("keydown", (event) => {
    const form = event.key === "Enter" && event.target.name === "reason" && event.target.form;
    const wanted = form && form.dataset.wanted;
    if (!wanted) return;
    event.preventDefault();
    form.requestSubmit(form.querySelector(`button[value="${words[wanted]}"]`));
  });
})();
