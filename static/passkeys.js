// Passkeys: the one thing on these pages that needs script. A form with data-passkey shows itself
// where the browser can, asks its address for a challenge, and sends the device's answer along.
"use strict";

(() => {
  const CANCELLED = ["AbortError", "NotAllowedError"];

  function toBytes(text) {
    const padded = text.replace(/-/g, "+").replace(/_/g, "/");
    return Uint8Array.from(atob(padded), (sign) => sign.charCodeAt(0));
  }

  function toText(buffer) {
    const signs = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
    return btoa(signs).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  function read(options) {
    options.challenge = toBytes(options.challenge);
    if (options.user) options.user.id = toBytes(options.user.id);
    for (const known of [...(options.allowCredentials || []), ...(options.excludeCredentials || [])]) {
      known.id = toBytes(known.id);
    }
    return options;
  }

  function write(credential) {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[name]) response[name] = toText(credential.response[name]);
    }
    return JSON.stringify({
      id: credential.id,
      rawId: toText(credential.rawId),
      type: credential.type,
      response,
      clientExtensionResults: {},
    });
  }

  async function ask(form) {
    const answer = await fetch(form.dataset.passkey, { method: "POST", body: new URLSearchParams() });
    if (!answer.ok) throw new Error("Too many tries, or the sign-in has ended. Load the page again.");
    const publicKey = read(await answer.json());
    const credentials = navigator.credentials;
    return publicKey.user ? credentials.create({ publicKey }) : credentials.get({ publicKey });
  }

  async function begin(form) {
    const problem = form.querySelector("[role=alert]");
    problem.hidden = true;
    if (!form.reportValidity()) return;
    try {
      form.elements.credential.value = write(await ask(form));
      form.submit();
    } catch (error) {
      const words = CANCELLED.includes(error.name) ? "No passkey was used. Try again, or go another way." : error.message;
      problem.textContent = words;
      problem.hidden = false;
    }
  }

  if (!window.PublicKeyCredential) return;
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation();
      begin(form);
    });
  }
})();
