// The questionnaire: keyboard, autosave of each answer, and a queue that outlives a lost connection.
// Without this file the page is a form that is saved by its button.
"use strict";

(() => {
  const form = document.querySelector("form[data-answer]");
  const banner = document.querySelector("[data-offline]");
  const line = document.querySelector("[data-line]");
  const RETRY_MS = 8000;
  const WAIT_MS = 900; // after the last key, before an answer is sent

  // -- what waits: kept per person in this browser, one entry per question -----------------------
  const queueKey = form?.dataset.queueKey || document.body.dataset.queueKey || "";
  const read = () => {
    try {
      return JSON.parse(localStorage.getItem(queueKey)) || {};
    } catch {
      return {};
    }
  };
  const write = (queue) => {
    try {
      if (Object.keys(queue).length) localStorage.setItem(queueKey, JSON.stringify(queue));
      else localStorage.removeItem(queueKey);
    } catch {
      // Storage is full or forbidden: the form still keeps what was typed.
      memory = queue;
    }
  };
  let memory = {};
  const waiting = () => ({ ...memory, ...read() });

  let since = null;
  const clock = () =>
    new Intl.DateTimeFormat(document.documentElement.lang, {
      hour: "2-digit",
      minute: "2-digit",
      hour12: false,
    }).format(new Date());
  const showQueue = () => {
    if (!banner) return;
    const count = Object.keys(waiting()).length;
    banner.hidden = !since && !count;
    banner.querySelector("[data-offline-title]").textContent = since
      ? `${banner.dataset.since} ${since}.`
      : `${banner.dataset.online}.`;
    const words = count === 1 ? banner.dataset.waitOne : banner.dataset.waitMany;
    const digits = new Intl.NumberFormat(document.documentElement.lang).format(count);
    banner.querySelector("[data-queue]").textContent = count ? words.replace("%n", digits) : "";
    banner.querySelector(".queue").hidden = !count;
  };
  const tell = (words, kept) => {
    if (!line) return;
    line.classList.toggle("is-kept", !kept);
    line.querySelector("span").textContent = words;
  };

  const newId = () =>
    crypto.randomUUID?.() ||
    // Addresses without TLS (a tablet on a local network) know no randomUUID.
    "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (c) =>
      (c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (c / 4)))).toString(16),
    );
  const token = () => document.querySelector("[name=csrfmiddlewaretoken]")?.value || "";

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

  // Sends one entry; answers "saved", "later", "clash" or "refused".
  const send = async (url, entry) => {
    let response;
    try {
      response = await fetch(url, {
        method: "POST",
        credentials: "same-origin",
        redirect: "manual",
        keepalive: true,
        headers: {
          "Content-Type": "application/json",
          Accept: "application/json",
          "X-CSRFToken": token(),
        },
        body: JSON.stringify(entry),
      });
    } catch {
      return { state: "later" };
    }
    // A sign-in page, a proxy's error: the answer is kept and sent again.
    const isJson = (response.headers.get("Content-Type") || "").includes("application/json");
    if (!isJson) return { state: "later", isOnline: response.type !== "opaqueredirect" };
    const body = await response.json();
    if (response.ok) return { state: "saved", body };
    if (response.status === 409) return { state: "clash", body };
    return { state: response.status === 422 ? "refused" : "later", body };
  };

  let isSending = false;
  const flush = async () => {
    if (isSending) return;
    isSending = true;
    try {
      for (const url of Object.keys(waiting())) {
        const entry = waiting()[url];
        const answer = await send(url, entry);
        if (answer.state === "later") {
          since = since || clock();
          tell(`${line?.dataset.kept}, ${clock()}`, false);
          break;
        }
        since = null;
        settle(url, entry, answer);
      }
    } finally {
      isSending = false;
      showQueue();
    }
  };

  const settle = (url, entry, answer) => {
    const queue = waiting();
    const isHere = form && url === form.dataset.url;
    const isNewest = queue[url]?.client_id === entry.client_id;
    if (answer.state === "saved" || answer.state === "clash") {
      if (isHere) form.elements.base_revision.value = answer.body.revision;
      if (isNewest) delete queue[url];
      // Typed on meanwhile: the next change builds on what was just kept.
      else if (queue[url]) queue[url].base_revision = answer.body.revision;
      memory = {};
      write(queue);
      if (isHere && isNewest) tell(`${line.dataset.done}, ${clock()}`, true);
      if (answer.state === "clash" && isHere) location.assign(answer.body.url);
      return;
    }
    // Refused: it would be refused again, so it leaves the queue; the words stay on the page.
    if (isNewest) delete queue[url];
    memory = {};
    write(queue);
    if (isHere) {
      tell([answer.body.sentence, ...answer.body.reasons].join(" ") || line.dataset.refused, false);
    }
  };

  // -- the form ---------------------------------------------------------------------------------
  let timer = 0;
  let isChanged = false;
  const keep = () => {
    if (!form || !isChanged) return;
    isChanged = false;
    clearTimeout(timer);
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
  const later = (delay) => {
    isChanged = true;
    clearTimeout(timer);
    timer = setTimeout(keep, delay);
  };

  const showFor = () => {
    const outcome = form?.elements.outcome?.value || "";
    for (const part of form?.querySelectorAll("[data-for]") || []) {
      const wanted = part.dataset.for.split(" ");
      const hasWords = [...part.querySelectorAll("textarea, input")].some((each) => each.value);
      part.hidden = !wanted.includes(outcome) && !hasWords && wanted[0] !== "non_compliant";
    }
  };

  const restore = () => {
    const entry = waiting()[form.dataset.url];
    if (!entry) return;
    // What was typed before the connection was lost stands in the form again.
    for (const name of ["finding", "note", "reason"]) {
      if (form.elements[name]) form.elements[name].value = entry[name];
    }
    const value = form.elements.value;
    if (value) value.value = entry.value;
    for (const box of form.querySelectorAll("[name=sources]")) {
      box.checked = entry.sources.includes(box.value);
    }
    if (form.elements.outcome) form.elements.outcome.value = entry.outcome;
    tell(`${line.dataset.kept}`, false);
  };

  if (form) {
    restore();
    showFor();
    form.addEventListener("input", (event) => {
      showFor();
      later(event.target.matches("textarea, [type=text], .input") ? WAIT_MS : 0);
    });
    // Next: keep first, then go on. Without a connection the reader stays where the words are.
    form.addEventListener("submit", (event) => {
      const goal = event.submitter?.dataset.next;
      if (!goal) return;
      event.preventDefault();
      go(goal);
    });
    addEventListener("pagehide", keep);
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") keep();
    });
    addEventListener("beforeunload", (event) => {
      if (isChanged) keep();
      if (Object.keys(memory).length) event.preventDefault();
    });
  }

  const go = async (url) => {
    keep();
    await new Promise((resolve) => {
      const check = () => (isSending ? setTimeout(check, 40) : resolve());
      check();
    });
    // A refusal of this answer is read here, before anything else.
    if (line?.classList.contains("is-kept") && !waiting()[form?.dataset.url] && !since) return;
    if (since && !(await isReachable(url))) return;
    location.assign(url);
  };
  const isReachable = async (url) => {
    try {
      return (await fetch(url, { method: "HEAD", credentials: "same-origin" })).ok;
    } catch {
      return false;
    }
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isTyping = event.target.closest("textarea, select, input:not([type=radio], [type=checkbox])");
    if (event.key === "Escape" && isTyping) event.target.blur();
    if (isTyping) return;
    const mirrored = document.documentElement.dir === "rtl";
    const isOption = event.target.matches("[type=radio]");
    const onward = event.key === "n" || (event.key === (mirrored ? "ArrowLeft" : "ArrowRight") && !isOption);
    const backward = event.key === "p" || (event.key === (mirrored ? "ArrowRight" : "ArrowLeft") && !isOption);
    if (/^[1-4]$/.test(event.key) && form) {
      const choice = form.querySelector(`[data-key="${event.key}"]`);
      if (choice) {
        choice.checked = true;
        choice.dispatchEvent(new Event("input", { bubbles: true }));
      }
    } else if (event.key === "/" && form) {
      event.preventDefault();
      (form.elements.finding || form.querySelector("#value, [name=value]"))?.focus();
    } else if (onward) {
      const next = document.querySelector("[data-next]")?.dataset.next || document.querySelector("a[rel=next]")?.href;
      if (next) go(next);
    } else if (backward) {
      const before = document.querySelector("[data-before]")?.href;
      if (before) go(before);
    }
  });
  // Links of this page keep the answer before they leave.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || link.getAttribute("href").startsWith("#") || event.ctrlKey || event.metaKey) return;
    if (form && isChanged) {
      event.preventDefault();
      go(link.href);
    }
  });

  if (queueKey) {
    addEventListener("online", flush);
    addEventListener("offline", () => {
      since = since || clock();
      showQueue();
    });
    setInterval(() => {
      if (Object.keys(waiting()).length) flush();
    }, RETRY_MS);
    showQueue();
    if (Object.keys(waiting()).length) flush();
  }
})();
