// The console works without this. It keeps the clock to the promise running between refreshes and
// stops a second press on Publish from being sent at all (the server would publish once anyway).
"use strict";

const SOON = 15;

function tell(minutes) {
  const whole = Math.floor(Math.abs(minutes));
  if (whole < 1) return "less than a minute";
  if (whole < 60) return `${whole} min`;
  const hours = Math.floor(whole / 60);
  if (hours >= 48) return `${Math.floor(hours / 24)} days ${hours % 24 ? `${hours % 24} h` : ""}`.trim();
  return whole % 60 ? `${hours} h ${whole % 60} min` : `${hours} h`;
}

function tick() {
  for (const clock of document.querySelectorAll("[data-promise]")) {
    const minutes = (new Date(clock.dataset.promise) - Date.now()) / 60000;
    const state = minutes < 0 ? "late" : minutes <= SOON ? "soon" : "ahead";
    clock.className = `clock ${state}`;
    const isLate = state === "late";
    clock.querySelector("b").textContent = tell(minutes) + (isLate ? " late" : "");
    clock.querySelector(".lead").textContent = isLate ? "The update was due" : clock.dataset.lead;
  }
}

tick();
setInterval(tick, 15000);
document.addEventListener("htmx:afterSwap", tick);

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
});

// A page that comes back from the browser's memory may be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

// Words that are typed while others are being filled in stay: the filling is asked for again with them.
let typedAt = 0;
let askAgain;
document.addEventListener("input", (event) => {
  if (event.target.closest("#words")) typedAt = Date.now();
});
document.addEventListener("htmx:beforeRequest", (event) => {
  event.detail.xhr.askedAt = Date.now();
});
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id !== "words" || event.detail.xhr.askedAt >= typedAt) return;
  event.detail.shouldSwap = false;
  clearTimeout(askAgain);
  askAgain = setTimeout(() => htmx.trigger(".picking", "change"), 400);
});

// The undo counts down, and goes when there is nothing to take back any more.
function countDown() {
  for (const shown of document.querySelectorAll("[data-until]")) {
    const seconds = Math.ceil((new Date(shown.dataset.until) - Date.now()) / 1000);
    shown.textContent = `${Math.max(0, seconds)} s`;
    if (seconds <= 0) shown.closest(".undo").remove();
  }
}
countDown();
setInterval(countDown, 500);
