// The one script of the public page. Without it everything can be read; with it times are also told
// from now and on the reader's own clock, the page follows the news (page.md, "Documents"), and says
// how old it is when nobody publishes any more (continuity.md, "Static copies").
(() => {
  const page = document;
  const words = page.body.dataset;
  const lang = page.documentElement.lang + "-US";
  const find = id => page.getElementById(id);
  const from = new Intl.RelativeTimeFormat(lang);
  const pause = find("pause");
  let known = find("main").innerHTML;
  let seen = Date.now();
  let paused;
  let late;

  const clock = (at, timeZone) => new Date(at).toLocaleTimeString(lang, { timeStyle: "short", timeZone });
  const say = (text, at) => (find("fresh").textContent = text.replace("%s", clock(at)));

  const get = path => fetch(path, { cache: "no-cache" });

  const distance = at => {
    const minutes = (at - Date.now()) / 6e4;
    const size = Math.abs(minutes);
    const [unit, length] = size < 60 ? ["minute", 1] : size < 1440 ? ["hour", 60] : ["day", 1440];
    return from.format(Math.round(minutes / length), unit);
  };

  const tell = () => {
    for (const time of page.querySelectorAll("[data-r]")) {
      const at = Date.parse(time.dateTime);
      const own = clock(at);
      const yours = own === clock(at, words.zone) ? "" : " · " + words.yours.replace("%s", own);
      time.dataset.r = " · " + distance(at) + yours;
    }
  };

  // What a link or a fold-out is called in every edition of the page.
  const name = place => place.href || place.parentNode.id;

  const show = (next, main) => {
    const fresh = next.getElementById("main");
    if (fresh.innerHTML === known) return;
    known = fresh.innerHTML;
    const held = main.contains(page.activeElement) && name(page.activeElement);
    for (const { id } of main.querySelectorAll("[open]")) next.getElementById(id)?.setAttribute("open", "");
    main.replaceWith(fresh);
    if (held) [...fresh.querySelectorAll("a,summary")].find(place => name(place) === held)?.focus({ preventScroll: true });
    page.body.className = next.body.className;
    for (const part of ["title", "[rel=icon]"]) page.querySelector(part).replaceWith(next.querySelector(part));
    say(words.news, Date.now());
  };

  const refresh = async () => {
    if (paused || page.hidden) return;
    try {
      const answer = await get(location.pathname);
      show(new DOMParser().parseFromString(await answer.text(), "text/html"), find("main"));
      seen = Date.now();
    } catch {
      say(words.lost, seen);
    }
    tell();
  };

  // Told on the server's clock: a reader's may be wrong.
  const listen = async () => {
    if (paused) return;
    try {
      const answer = await get("/pulse.json");
      const pulse = await answer.json();
      const silent = new Date(answer.headers.get("date")) - new Date(pulse.at) > 3e5;
      if (late !== silent) say(silent ? words.old : "", pulse.at);
      late = silent;
    } catch {} // A copy without a pulse has its printed time.
  };

  const wait = () => setTimeout(() => refresh().then(wait), (2 + Math.random()) * 12e3);

  page.onvisibilitychange = () => Date.now() - seen > 3e4 && refresh();
  pause.onclick = () => {
    pause.ariaPressed = paused = !paused;
    refresh();
  };
  pause.hidden = false;
  tell();
  listen();
  setInterval(listen, 3e5);
  wait();
})();
