// The proof of work of the sign-up form: tries keys until one begins as the server asks (ALTCHA v2,
// PBKDF2). It starts while the person still types, and asks nothing of anybody else's server.
// Without script the form works too, after a short wait.
(() => {
  const form = document.getElementById("sign-up");
  const field = document.getElementById("altcha");
  const note = document.getElementById("checking");
  let solved;

  const bytes = hex => Uint8Array.from(hex.match(/../g), pair => parseInt(pair, 16));
  const hex = buffer => Array.from(new Uint8Array(buffer), byte => byte.toString(16).padStart(2, "0")).join("");

  const derive = async (asked, counter) => {
    const nonce = bytes(asked.nonce);
    const password = new Uint8Array(nonce.length + 4);
    password.set(nonce);
    new DataView(password.buffer).setUint32(nonce.length, counter);
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const how = { name: "PBKDF2", hash: "SHA-256", salt: bytes(asked.salt), iterations: asked.cost };
    return hex(await crypto.subtle.deriveBits(how, key, asked.keyLength * 8));
  };

  const solve = async () => {
    const answer = await fetch(form.dataset.challenge);
    const challenge = await answer.json();
    for (let counter = 0; ; counter += 1) {
      const derivedKey = await derive(challenge.parameters, counter);
      if (derivedKey.startsWith(challenge.parameters.keyPrefix)) {
        return btoa(JSON.stringify({ challenge, solution: { counter, derivedKey } }));
      }
    }
  };

  const begin = () => {
    solved = solved || solve().then(payload => { field.value = payload; }).catch(() => {});
  };

  if (window.crypto && crypto.subtle) {
    form.addEventListener("input", begin);
    form.addEventListener("submit", event => {
      if (!field.value && !form.dataset.tried) {
        event.preventDefault();
        note.hidden = false;
        form.dataset.tried = "yes";
        begin();
        solved.then(() => form.requestSubmit());
      }
    });
  }
})();
