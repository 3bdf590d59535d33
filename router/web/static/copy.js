// A click or Enter on a token copies it: the token, never what stands behind it (no page with revealed values loads this).
// One Tab stop a part of the page: the arrow keys, Home and End go on among its tokens. A token is no <button>, because
// browsers leave a button's text out of what somebody selects across it. Without this file a click selects a token whole.
"use strict";

(() => {
  const TOKEN = /^<[A-Z][A-Z0-9_]*_[0-9A-Z]{10}>$/;
  const PART = "details, section, ol, ul, main";
  const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  const parts = new Map();
  for (const pill of document.querySelectorAll("main .token")) {
    // Inside something else that is pressed, it is that which is meant.
    if (!TOKEN.test(pill.textContent) || pill.closest("a, button, label, summary")) continue;
    const part = pill.closest(PART);
    const pills = parts.get(part) || [];
    parts.set(part, pills);
    pill.setAttribute("role", "button");
    pill.tabIndex = pills.length ? -1 : 0;
    pill.title = `${pill.title ? `${pill.title}: ` : ""}press to copy the token`;
    pill.classList.add("copies");
    pills.push(pill);
  }
  if (!parts.size) return;

  const said = document.createElement("p");
  said.className = "copied";
  said.setAttribute("aria-live", "polite");
  document.body.append(said);
  let forget = 0;
  const say = (words, pill) => {
    clearTimeout(forget);
    document.querySelector(".token.is-copied")?.classList.remove("is-copied");
    said.textContent = "";
    // In a step of its own, so that the same words are said again for another token.
    requestAnimationFrame(() => {
      said.textContent = words;
      pill?.classList.add("is-copied");
      forget = setTimeout(() => {
        said.textContent = "";
        pill?.classList.remove("is-copied");
      }, 4000);
    });
  };

  const copy = async (pill) => {
    try {
      await navigator.clipboard.writeText(pill.textContent);
      getSelection().removeAllRanges();
      say("Token copied", pill);
    } catch {
      getSelection().selectAllChildren(pill);
      say("This browser lets no page copy. The token is selected: copy it with the keyboard or the menu.");
    }
  };
  const pillOf = (event) => event.target.closest?.(".token.copies");

  document.addEventListener("click", (event) => {
    const pill = pillOf(event);
    const chosen = getSelection();
    // Somebody who selects more than this token wants that.
    if (!pill || (!chosen.isCollapsed && !pill.contains(chosen.anchorNode))) return;
    enter(pill);
    copy(pill);
  });
  document.addEventListener("keydown", (event) => {
    const pill = pillOf(event);
    if (!pill || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      if (!event.repeat) copy(pill);
      return;
    }
    const pills = parts.get(pill.closest(PART)).filter((each) => each.checkVisibility?.() ?? true);
    const at = pills.indexOf(pill) + (STEPS[event.key] || 0);
    const next = event.key === "Home" ? pills[0] : event.key === "End" ? pills.at(-1) : STEPS[event.key] ? pills[at] : null;
    if (!next) return;
    event.preventDefault();
    enter(next);
    next.focus();
  });

  // The part's one Tab stop is where its reader was last.
  function enter(pill) {
    for (const each of parts.get(pill.closest(PART))) each.tabIndex = each === pill ? 0 : -1;
  }
})();
