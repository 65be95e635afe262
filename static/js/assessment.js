// The questionnaire: keyboard, autosave of each answer, and a queue that outlives a lost connection.
// Without this file the page is a form that is saved by its button.
"use strict";

(() => {
  const RETRY_MS = 8000;
  const WAIT_MS = 900; // after the last key, before an answer is sent
  const MOST_KEPT_ALIVE = 15000; // signs, each of up to 4 bytes
  const AHEAD = 15; // questions fetched ahead, so that work goes on without a connection
  const html = document.documentElement;
  const comma = html.dir === "rtl" ? "،" : ",";
  const banner = document.querySelector("[data-offline]");

  // What stands on the page now; replaced when the reader goes to another question.
  let form = null;
  let line = null;
  let timer = 0;
  let isChanged = false;
  let isRefused = false;
  let since = null;
  let isSignedOut = false;
  let isSending = false;
  let queueKey = "";
  let memory = {};
  const pages = new Map(); // address -> page, for when the connection is gone
  const kept = new Map(); // address of an answer -> what was last saved from here

  const clock = () =>
    new Intl.DateTimeFormat(html.lang, { hour: "2-digit", minute: "2-digit", hour12: false }).format(
      new Date(),
    );
  const newId = () =>
    crypto.randomUUID?.() ||
    // Addresses without TLS (a tablet on a local network) know no randomUUID.
    "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (c) =>
      (c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (c / 4)))).toString(16),
    );

  // -- what waits: kept per person in this browser, one entry per question -----------------------
  const waiting = () => {
    try {
      return { ...memory, ...JSON.parse(localStorage.getItem(queueKey)) };
    } catch {
      return { ...memory };
    }
  };
  const write = (queue) => {
    try {
      if (Object.keys(queue).length) localStorage.setItem(queueKey, JSON.stringify(queue));
      else localStorage.removeItem(queueKey);
      memory = {};
    } catch {
      memory = queue; // storage is full or forbidden: the open page still keeps it
    }
  };

  const showQueue = () => {
    if (!banner) return;
    const count = Object.keys(waiting()).length;
    banner.hidden = !since;
    const title = isSignedOut ? banner.dataset.out : `${banner.dataset.since} ${since}.`;
    banner.querySelector("[data-offline-title]").textContent = since ? title : "";
    const door = banner.querySelector("[data-sign-in]");
    door.hidden = !isSignedOut;
    door.href = location.pathname;
    const words = count === 1 ? banner.dataset.waitOne : banner.dataset.waitMany;
    const digits = new Intl.NumberFormat(html.lang).format(count);
    banner.querySelector("[data-queue]").textContent = count ? words.replace("%n", digits) : "";
    banner.querySelector(".queue").hidden = !count;
  };
  const tell = (words, isSaved) => {
    if (!line) return;
    line.classList.toggle("is-kept", !isSaved);
    line.querySelector("span").textContent = words;
  };
  const lost = () => {
    since = since || clock();
    showQueue();
  };

  const content = () => {
    const data = new FormData(form);
    return {
      outcome: data.get("outcome") || "",
      reason: data.get("reason") || "",
      note: data.get("note") || "",
      finding: data.get("finding") || "",
      sources: data.getAll("sources"),
      value: data.get("value") || "",
    };
  };

  // The cookie is newer than the page where somebody signed in anew in another tab.
  const token = () =>
    /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ||
    document.querySelector("[name=csrfmiddlewaretoken]")?.value ||
    "";

  // Sends one entry; answers "saved", "later", "clash" or "refused".
  const send = async (url, entry) => {
    const sent = JSON.stringify(entry);
    let response;
    try {
      response = await fetch(url, {
        method: "POST",
        credentials: "same-origin",
        redirect: "manual",
        // Outlives the page, but browsers refuse more than 64 kB of it: a long text goes without.
        keepalive: sent.length < MOST_KEPT_ALIVE,
        headers: {
          "Content-Type": "application/json",
          Accept: "application/json",
          "X-CSRFToken": token(),
        },
        body: sent,
      });
    } catch {
      isSignedOut = false;
      return { state: "later" };
    }
    // The sign-in, or a proxy's error: the answer is kept and sent again.
    isSignedOut = response.type === "opaqueredirect";
    const isJson = (response.headers.get("Content-Type") || "").includes("application/json");
    if (!isJson) return { state: "later" };
    const body = await response.json();
    if (response.ok) return { state: "saved", body };
    if (response.status === 409) return { state: "clash", body };
    return { state: response.status === 422 ? "refused" : "later", body };
  };

  const flush = async () => {
    if (isSending) return;
    isSending = true;
    try {
      for (let next; (next = Object.keys(waiting())[0]); ) {
        const entry = waiting()[next];
        const answer = await send(next, entry);
        if (answer.state === "later") {
          lost();
          tell(`${line?.dataset.kept}${comma} ${clock()}`, false);
          break;
        }
        since = null;
        settle(next, entry, answer);
      }
    } finally {
      isSending = false;
      showQueue();
    }
  };

  const settle = (url, entry, answer) => {
    const queue = waiting();
    const isHere = url === form?.dataset.url;
    const isNewest = queue[url]?.client_id === entry.client_id;
    if (isNewest) delete queue[url];
    if (answer.state === "refused") {
      // It would be refused again, so it leaves the queue; the words stay on the page.
      write(queue);
      if (isHere) {
        isRefused = true;
        tell([answer.body.sentence, ...answer.body.reasons].join(" "), false);
      }
      return;
    }
    if (answer.state === "clash") {
      write(queue);
      if (!isHere) return;
      // What was typed on meanwhile keeps its base: it goes beside the other's answer too.
      if (isChanged) keep();
      else if (!queue[url]) show(answer.body.url, false, true);
      return;
    }
    if (isHere) form.elements.base_revision.value = answer.body.revision;
    kept.set(url, { ...entry, base_revision: answer.body.revision });
    // Typed on meanwhile: the next change builds on what was just kept.
    if (queue[url]) queue[url].base_revision = answer.body.revision;
    write(queue);
    if (isHere && isNewest) tell(`${line.dataset.done}${comma} ${clock()}`, true);
  };

  const keep = () => {
    clearTimeout(timer);
    if (!form || !isChanged) return;
    isChanged = false;
    isRefused = false;
    const queue = waiting();
    queue[form.dataset.url] = {
      ...content(),
      base_revision: Number(form.elements.base_revision.value),
      client_id: newId(),
      made_at: new Date().toISOString(),
    };
    write(queue);
    tell(line?.dataset.saving || "", true);
    flush();
  };
  const quiet = () =>
    new Promise((resolve) => {
      const check = () => (isSending ? setTimeout(check, 30) : resolve());
      check();
    });

  // -- going from question to question without losing the page ------------------------------------
  const fetchPage = async (url, ahead) => {
    const response = await fetch(url, {
      credentials: "same-origin",
      headers: ahead ? { "X-Ahead": "1" } : {},
      signal: AbortSignal.timeout?.(8000),
    });
    const text = await response.text();
    if (!response.ok || response.redirected || !text.includes("data-question-page")) {
      throw new Error("another page");
    }
    return text;
  };
  const show = async (url, isNew = true, canWait = false) => {
    const address = new URL(url, location.href);
    let text;
    try {
      text = await fetchPage(address.href);
      pages.set(address.pathname, text);
      if (!Object.keys(waiting()).length) since = null;
    } catch (error) {
      const isGone = error instanceof TypeError || error.name === "TimeoutError";
      if (!isGone) return location.assign(url); // the overview, a sign-in: an ordinary visit
      lost();
      text = pages.get(address.pathname);
      if (!text) return tell(banner?.dataset.away || "", false);
    }
    // What was typed while the page came is kept first. The page of two answers waits for it: it
    // would show the words before these.
    const isTypedOn = isChanged;
    keep();
    if (isTypedOn && canWait) return;
    const page = new DOMParser().parseFromString(text, "text/html");
    for (const part of ["header.bar", "main"]) {
      document.querySelector(part).replaceWith(document.adoptNode(page.querySelector(part)));
    }
    document.title = page.title;
    if (isNew) history.pushState(null, "", address.href);
    mount();
    const heading = document.querySelector("main h1");
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
    showQueue();
  };
  const go = async (url) => {
    keep();
    await quiet();
    if (isRefused) return; // its reason stands beside the words
    await show(url);
  };
  let isAhead = false;
  const lookAhead = async () => {
    if (isAhead) return;
    isAhead = true;
    try {
      let next = document.querySelector("[data-next-question]")?.dataset.nextQuestion;
      for (let count = 0; next && count < AHEAD && !since; count += 1) {
        const path = new URL(next, location.href).pathname;
        if (!pages.has(path)) {
          pages.set(path, await fetchPage(next, true));
          await new Promise((resolve) => setTimeout(resolve, 250));
        }
        const page = new DOMParser().parseFromString(pages.get(path), "text/html");
        next = page.querySelector("[data-next-question]")?.dataset.nextQuestion;
      }
    } catch {
      // No connection, or a page of another kind: what is here is enough.
    } finally {
      isAhead = false;
    }
  };

  const showFor = () => {
    const outcome = form.elements.outcome?.value || "";
    for (const part of form.querySelectorAll("[data-for]")) {
      const wanted = part.dataset.for.split(" ");
      const hasWords = [...part.querySelectorAll("textarea, input, select")].some(
        (each) => each.value,
      );
      part.hidden = !wanted.includes(outcome) && !hasWords && wanted[0] !== "non_compliant";
    }
  };
  // What was typed before the connection was lost stands in the form again.
  const restore = () => {
    const base = form.elements.base_revision;
    const unsent = waiting()[form.dataset.url];
    const saved = kept.get(form.dataset.url);
    // A page fetched before our own answer was saved is older than that answer.
    const entry = unsent || (saved && saved.base_revision > Number(base.value) ? saved : null);
    if (!entry) return;
    // Its own base stays with it: if the other one changed the answer meanwhile, both are kept.
    base.value = entry.base_revision;
    for (const name of ["finding", "note", "reason", "value", "outcome"]) {
      if (form.elements[name]) form.elements[name].value = entry[name];
    }
    for (const box of form.querySelectorAll("[name=sources]")) {
      box.checked = entry.sources.includes(box.value);
    }
    if (unsent) tell(line.dataset.kept, false);
  };

  const mount = () => {
    form = document.querySelector("form[data-answer]");
    line = document.querySelector("[data-line]");
    isChanged = isRefused = false;
    queueKey = form?.dataset.queueKey || queueKey;
    if (form) {
      pages.set(location.pathname, document.documentElement.outerHTML);
      restore();
      showFor();
      setTimeout(lookAhead, 1200);
    }
    document.querySelector(".steps [aria-current]")?.scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("input", (event) => {
    if (!form || event.target.form !== form) return;
    showFor();
    isChanged = true;
    clearTimeout(timer);
    const isTyped = event.target.matches("textarea, input:not([type=radio], [type=checkbox])");
    timer = setTimeout(keep, isTyped ? WAIT_MS : 0);
  });
  // Next: keep first, then go on.
  document.addEventListener("submit", (event) => {
    const goal = event.submitter?.dataset.next;
    if (!form || event.target !== form || !goal) return;
    event.preventDefault();
    go(goal);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
    if (link.matches("[data-step], [data-before]") || (form && isChanged && !link.hash)) {
      event.preventDefault();
      go(link.href);
    }
  });
  addEventListener("popstate", () => {
    if (!location.hash) show(location.href, false);
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.closest("textarea, select, input:not([type=radio], [type=checkbox])");
    if (event.key === "Escape" && typing) event.target.blur();
    if (typing) return;
    // Arrows between radio buttons choose; elsewhere they turn the page.
    const isChoosing = event.target.matches("[type=radio]");
    const [forward, back] = html.dir === "rtl" ? ["ArrowLeft", "ArrowRight"] : ["ArrowRight", "ArrowLeft"];
    const choice = form?.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (choice) {
      choice.checked = true;
      choice.dispatchEvent(new Event("input", { bubbles: true }));
    } else if (event.key === "/") {
      const field = form?.querySelector("textarea, [name=value]");
      if (field) {
        event.preventDefault();
        event.stopImmediatePropagation();
        field.focus();
      }
    } else if (event.key === "n" || (event.key === forward && !isChoosing)) {
      const next = document.querySelector("[data-next]")?.dataset.next;
      if (next) go(next);
      else document.querySelector(".qfoot a[rel=next]")?.click();
    } else if (event.key === "p" || (event.key === back && !isChoosing)) {
      document.querySelector("[data-before]")?.click();
    }
  });

  addEventListener("pagehide", keep);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") keep();
  });
  addEventListener("beforeunload", (event) => {
    keep();
    if (Object.keys(memory).length) event.preventDefault();
  });
  addEventListener("online", flush);
  addEventListener("offline", lost);
  setInterval(() => {
    if (queueKey && Object.keys(waiting()).length) flush();
    else if (since && navigator.onLine) {
      since = null;
      showQueue();
    }
  }, RETRY_MS);

  mount();
  showQueue();
  if (queueKey && Object.keys(waiting()).length) flush();
})();
