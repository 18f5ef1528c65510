
"use strict";
const filters = document.getElementById("filters");
const cards = Array.from(document.querySelectorAll(".finding"), card => ({
  card, file: card.closest(".file"),
  text: (card.closest(".file").querySelector("h2").textContent + " " + card.textContent).toLowerCase(),
}));

function filter() {
  const wanted = new FormData(filters);
  const severities = new Set(wanted.getAll("severity"));
  const words = wanted.get("text").toLowerCase().split(/\s+/).filter(Boolean);
  const files = new Map();
  let shown = 0;
  for (const {card, file, text} of cards) {
    const {severity, policy, namespace} = card.dataset;
    const fits = severities.has(severity) && [policy, ""].includes(wanted.get("policy")) &&
      [namespace, ""].includes(wanted.get("namespace")) && words.every(word => text.includes(word));
    card.hidden = !fits;
    shown += fits;
    files.set(file, files.get(file) || fits);
  }
  for (const [file, fits] of files) file.hidden = !fits;
  document.getElementById("nothing").hidden = shown > 0 || cards.length === 0;
  document.getElementById("shown").textContent = shown + " of " + cards.length + " shown";
}

filters.addEventListener("input", filter);
filters.addEventListener("submit", event => event.preventDefault());
filter();
