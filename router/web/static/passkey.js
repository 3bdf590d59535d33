// Passkeys: the browser offers them to scripts alone. This one asks the device the page's question and sends the answer
// with the page's own form. It keeps nothing, calls nobody, and everything else of Alertveil works without it.
"use strict";

(() => {
  const form = document.querySelector("form[data-passkey]");
  if (!form) return;
  const button = form.querySelector("button");
  const said = form.querySelector("[data-said]");
  const say = (words) => {
    said.textContent = words;
    said.hidden = false;
  };
  if (!window.PublicKeyCredential) {
    say("This browser has no passkeys. Take another way.");
    return;
  }

  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const named = (list) => (list || []).map((each) => ({ ...each, id: bytes(each.id) }));

  const ask = async () => {
    const question = JSON.parse(form.dataset.question);
    question.challenge = bytes(question.challenge);
    if (form.dataset.passkey === "create") {
      question.user.id = bytes(question.user.id);
      question.excludeCredentials = named(question.excludeCredentials);
      return navigator.credentials.create({ publicKey: question });
    }
    question.allowCredentials = named(question.allowCredentials);
    return navigator.credentials.get({ publicKey: question });
  };

  const told = (found) => {
    const from = found.response;
    const response = { clientDataJSON: text(from.clientDataJSON) };
    if (from.attestationObject) {
      response.attestationObject = text(from.attestationObject);
    } else {
      response.authenticatorData = text(from.authenticatorData);
      response.signature = text(from.signature);
      response.userHandle = from.userHandle ? text(from.userHandle) : "";
    }
    return JSON.stringify({ id: found.id, rawId: text(found.rawId), type: found.type, response });
  };

  form.addEventListener("submit", (event) => {
    if (form.elements.answer.value) return;
    event.preventDefault();
    button.disabled = true;
    said.hidden = true;
    ask().then(
      (found) => {
        form.elements.answer.value = told(found);
        form.submit();
      },
      (error) => {
        button.disabled = false;
        say(error.name === "InvalidStateError"
          ? "This device holds a passkey of yours already."
          : "The device gave no passkey. Try once more, or take another way.");
      },
    );
  });
  button.disabled = false;
})();
