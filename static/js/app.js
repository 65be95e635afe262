// The small helpers of every page. Nothing here is needed to do the work: each form and link
// also goes its ordinary way without this file.
"use strict";

(() => {
  const AGAIN_MS = 10000;
  const html = document.documentElement;
  const comma = html.dir === "rtl" ? "،" : ",";
  const on = (type, handler) => document.addEventListener(type, handler);

  // After a refused form the reader stands at the list of what is to be put right.
  const goToErrors = (root) => root.querySelector("[data-error-summary]")?.focus();

  // Menus are details elements: one open at a time, closed by Escape or by a click elsewhere.
  const closeMenus = (except) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (menu !== except) menu.open = false;
    }
  };
  on("click", (event) => closeMenus(event.target.closest("details.menu")));
  on("keydown", (event) => {
    if (event.key === "Escape") {
      const open = document.querySelector("details.menu[open]");
      closeMenus();
      open?.querySelector("summary").focus();
    }
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const find = document.querySelector("[data-find]");
      if (find && find.offsetParent) {
        event.preventDefault();
        find.focus();
      }
    }
  });

  // A filter sends its form at once.
  on("change", (event) => {
    if (event.target.matches("[data-send]")) event.target.form.requestSubmit();
  });

  // Colours and spacing change at once; the form still keeps the choice.
  on("submit", (event) => {
    const button = event.submitter;
    if (!event.target.matches("[data-looks]") || !button) return;
    if (button.name === "theme") {
      if (button.value === "auto") html.removeAttribute("data-theme");
      else html.dataset.theme = button.value;
    }
    if (button.name === "density") html.dataset.density = button.value;
  });

  // Dialogs: <button data-opens="id">, and <button data-closes> inside.
  on("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    const dialog = opener && document.getElementById(opener.dataset.opens);
    if (dialog) {
      event.preventDefault();
      dialog.showModal();
    }
    if (event.target.closest("[data-closes]")) event.target.closest("dialog")?.close();
  });

  // A form with data-guard asks before its typed words are left behind; sending twice is stopped.
  const changed = new Set();
  on("input", (event) => {
    const form = event.target.form;
    if (form?.matches("[data-guard]")) changed.add(form);
  });
  on("submit", (event) => {
    changed.delete(event.target);
    if (event.target.matches("[data-guard]")) {
      if (event.target.dataset.sent) {
        event.preventDefault();
      } else {
        event.target.dataset.sent = "1";
        // No answer came: it may be sent again. The server does nothing twice.
        setTimeout(() => delete event.target.dataset.sent, AGAIN_MS);
      }
    }
  });
  window.addEventListener("beforeunload", (event) => {
    for (const form of changed) if (!form.isConnected) changed.delete(form);
    if (changed.size) event.preventDefault();
  });
  // Back from the next page (kept in memory): the form may be sent again.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("[data-sent]")) delete form.dataset.sent;
  });

  // Autosave line: <span data-saved data-saving data-done data-failed> in an htmx form.
  // What was saved and when is told; a failure keeps the words and says so.
  const line = (element) =>
    element.closest("form")?.querySelector("[data-saved]") || element.querySelector("[data-saved]");
  const tell = (element, words, kept) => {
    const place = line(element);
    if (!place) return;
    place.classList.toggle("is-kept", !kept);
    let text = place.querySelector("span");
    if (!text) text = place.appendChild(document.createElement("span"));
    text.textContent = words;
  };
  const now = () =>
    new Intl.DateTimeFormat(html.lang, {
      hour: "2-digit",
      minute: "2-digit",
      hour12: false,
      numberingSystem: html.lang === "ar" ? "latn" : undefined,
    }).format(new Date());
  on("htmx:beforeRequest", (event) => {
    const place = line(event.detail.elt);
    if (place) tell(event.detail.elt, place.dataset.saving, true);
  });
  on("htmx:afterRequest", (event) => {
    const place = line(event.detail.elt);
    if (!place) return;
    // A refusal (422) is swapped in like an answer, and htmx calls it successful: nothing was saved.
    const ok = event.detail.successful && event.detail.xhr.status < 400;
    tell(event.detail.elt, ok ? `${place.dataset.done}${comma} ${now()}` : place.dataset.failed, ok);
    if (ok) changed.delete(event.detail.elt.closest("form"));
  });
  on("htmx:afterSwap", (event) => goToErrors(event.detail.target));

  goToErrors(document);
})();
