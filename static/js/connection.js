// What a page does while there is no connection, and with what waits for one. Stands before app.js:
// a form that is held back here is not yet sent there.
"use strict";

(() => {
  const html = document.documentElement;
  const on = (type, handler) => document.addEventListener(type, handler);

  // Without a connection a form stays where it is, with its words and its photos, and says so.
  const alone = () => document.querySelectorAll("[data-alone]");
  on("submit", (event) => {
    const form = event.target;
    // htmx tells by its own line; the questionnaire keeps its answers itself.
    if (navigator.onLine || form.method !== "post" || form.matches("[hx-post], [data-answer]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    for (const each of alone()) each.remove();
    const note = document.createElement("div");
    note.className = "note warn";
    note.dataset.alone = "";
    note.setAttribute("role", "alert");
    form.append(note);
    note.textContent = document.body.dataset.noConnection;
  });
  window.addEventListener("online", () => {
    for (const each of alone()) each.remove();
  });

  // Who signs out while answers wait on this device is told, and led to where they are sent.
  const waitingFor = (key) => {
    try {
      return Object.keys(JSON.parse(localStorage.getItem(key)) || {});
    } catch {
      return [];
    }
  };
  on("submit", (event) => {
    const key = event.target.dataset.signOut;
    const waiting = key ? waitingFor(key) : [];
    const note = event.target.querySelector("[data-waits]");
    if (!waiting.length || !note) return;
    event.preventDefault();
    const count = new Intl.NumberFormat(html.lang).format(waiting.length);
    const words = waiting.length === 1 ? note.dataset.one : note.dataset.many.replace("%n", count);
    note.querySelector("b").textContent = words;
    note.querySelector("a").href = waiting[0].replace("/answer/", "/questions/");
    note.hidden = false;
  });
})();
