// Visits on the board can be dragged to another day or person. Dropping one opens the form that
// moves it, with the rules for that choice; nothing is moved before the form is sent. The link on
// each visit and its form do the same without this file.
"use strict";

(() => {
  const board = document.querySelector("[data-board]");
  if (!board) return;
  let dragged = null;

  board.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("[data-visit]");
    if (dragged) event.dataTransfer.effectAllowed = "move";
  });
  board.addEventListener("dragend", () => {
    dragged = null;
    for (const cell of board.querySelectorAll(".drop")) cell.classList.remove("drop");
  });
  board.addEventListener("dragover", (event) => {
    const cell = event.target.closest("td[data-day]");
    if (!dragged || !cell) return;
    event.preventDefault();
    for (const other of board.querySelectorAll(".drop")) {
      if (other !== cell) other.classList.remove("drop");
    }
    cell.classList.add("drop");
  });
  board.addEventListener("drop", (event) => {
    const cell = event.target.closest("td[data-day]");
    if (!dragged || !cell) return;
    event.preventDefault();
    const from = dragged.closest("td[data-person]");
    const query = new URLSearchParams({ starts_on: cell.dataset.day });
    if (from && cell.dataset.person && from.dataset.person !== cell.dataset.person) {
      query.set("from", from.dataset.person);
      query.set("to", cell.dataset.person);
    }
    window.location.assign(`${dragged.dataset.move}?${query}`);
  });
})();
