// Visits on the board are dragged to another day or person, or moved with the keys: M takes one,
// the arrows choose a place, Enter stays there, Escape lets go. While a place is chosen the panel
// beside the board shows every rule for it. Nothing is kept before the panel's button is pressed.
// The link on each visit and its form do the same without this file. A board has a row a person and
// a column a day; the calendar of announced visits has a row a week.
"use strict";

(() => {
  const board = document.querySelector("[data-board]");
  const side = document.getElementById("side");
  if (!board || !side) return;
  const WAIT_MS = 250;
  const WEEK = 7;
  const isMonth = board.dataset.board === "month";
  const rows = [...board.tBodies[0].rows];
  const days = [...board.tHead.querySelectorAll("[data-day]")].map((th) => th.dataset.day);
  // A wide month begins with what is over: today comes into view, beside the names.
  const now = board.tHead.querySelector(".today[data-day]");
  const frame = board.closest(".scroll");
  if (now && frame && frame.scrollWidth > frame.clientWidth) {
    const names = board.tHead.querySelector(".name").getBoundingClientRect();
    const at = now.getBoundingClientRect();
    const beside = document.documentElement.dir === "rtl" ? at.right - names.left : at.left - names.right;
    frame.scrollBy(beside, 0);
  }
  const mirrored = document.documentElement.dir === "rtl";
  let taken = null; // the visit that is being moved
  let place = null; // {row, day}: where it would go
  let timer = 0;
  let asked = ""; // the choice whose rules are shown, or on their way
  let coming = Promise.resolve();
  let request = null;

  const cellAt = (row, day) => {
    if (isMonth) return rows[row].cells[day];
    const cells = [...rows[row].querySelectorAll("td[data-day]")];
    return cells.filter((cell) => cell.dataset.day <= days[day]).pop() || cells[0];
  };
  const unmark = () => {
    for (const cell of board.querySelectorAll(".drop")) cell.classList.remove("drop");
  };
  const letGo = () => {
    if (taken) taken.classList.remove("taken");
    unmark();
    taken = place = null;
  };
  const choice = () => {
    const day = isMonth ? cellAt(place.row, place.day).dataset.day : days[place.day];
    const query = new URLSearchParams({ starts_on: day });
    const from = taken.closest("tr").dataset.person;
    const to = rows[place.row].dataset.person;
    if (from && to && from !== to) {
      query.set("from", from);
      query.set("to", to);
    }
    return `${taken.dataset.move}?${query}`;
  };

  function show(address) {
    if (address !== asked) {
      asked = address;
      request?.abort();
      request = new AbortController();
      coming = fill(address, request.signal);
    }
    return coming;
  }
  async function fill(address, signal) {
    side.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address, {
        headers: { "HX-Request": "true", "HX-Target": "side" },
        signal,
      });
      // Led elsewhere, such as to the sign-in: the whole page goes there, and comes back.
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      side.innerHTML = await answer.text();
      side.removeAttribute("aria-busy");
    } catch (error) {
      if (error.name !== "AbortError") window.location.assign(address); // the form says more
    }
  }
  function look() {
    unmark();
    cellAt(place.row, place.day).classList.add("drop");
    const address = choice();
    clearTimeout(timer);
    timer = setTimeout(() => show(address), WAIT_MS);
  }
  async function stay() {
    clearTimeout(timer);
    const address = choice();
    letGo();
    await show(address);
    (side.querySelector("[data-keep]") || side.querySelector("[data-more]"))?.focus();
    side.scrollIntoView({ block: "nearest" });
  }
  function take(visit) {
    letGo();
    taken = visit;
    taken.classList.add("taken");
    const row = visit.closest("tr");
    const cell = visit.closest("td");
    place = { row: rows.indexOf(row), day: isMonth ? cell.cellIndex : days.indexOf(cell.dataset.day) };
  }

  function goTo(other) {
    if (place.row === other.row && place.day === other.day) return;
    place = other;
    look();
  }
  function step(down, along) {
    const between = (low, value, high) => Math.min(high, Math.max(low, value));
    if (isMonth) { // the day after the week's last is the next week's first
      const at = (place.row + down) * WEEK + place.day + along;
      const isShown = at >= 0 && at < rows.length * WEEK;
      return isShown ? { row: Math.floor(at / WEEK), day: at % WEEK } : place;
    }
    return {
      row: between(0, place.row + down, rows.length - 1),
      day: between(0, place.day + along, days.length - 1),
    };
  }

  board.addEventListener("dragstart", (event) => {
    const visit = event.target.closest("[data-move]");
    if (!visit) return;
    take(visit);
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", ""); // some browsers drag nothing otherwise
  });
  board.addEventListener("dragend", letGo);
  board.addEventListener("dragover", (event) => {
    const cell = event.target.closest("td[data-day]");
    if (!taken || !cell) return;
    event.preventDefault();
    const row = rows.indexOf(cell.parentElement);
    if (isMonth) return goTo({ row, day: cell.cellIndex });
    // Over a visit of several days the pointer says which of them is meant.
    const box = cell.getBoundingClientRect();
    const along = (mirrored ? box.right - event.clientX : event.clientX - box.left) / box.width;
    const within = Math.min(cell.colSpan - 1, Math.max(0, Math.floor(along * cell.colSpan)));
    goTo({ row, day: days.indexOf(cell.dataset.day) + within });
  });
  board.addEventListener("drop", (event) => {
    if (!taken || !event.target.closest("td[data-day]")) return;
    event.preventDefault();
    stay();
  });

  board.addEventListener("keydown", (event) => {
    const visit = event.target.closest("[data-move]");
    if (!visit || event.altKey || event.ctrlKey || event.metaKey) return;
    if (!taken) {
      if (event.key.toLowerCase() !== "m") return;
      event.preventDefault();
      take(visit);
      look();
      return;
    }
    const ahead = mirrored ? -1 : 1;
    const steps = {
      ArrowRight: [0, ahead], ArrowLeft: [0, -ahead], ArrowUp: [-1, 0], ArrowDown: [1, 0],
    };
    if (event.key === "Escape") letGo();
    else if (event.key === "Enter") stay();
    else if (steps[event.key]) {
      place = step(...steps[event.key]);
      look();
    } else return;
    event.preventDefault();
  });
  board.addEventListener("focusout", (event) => {
    if (taken && event.target === taken && !side.contains(event.relatedTarget)) letGo();
  });
})();
