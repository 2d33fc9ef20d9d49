"use strict";
// Without this script, the page shows the same, but does not filter.
const field = document.getElementById("filter");
const status = document.getElementById("matches");
const items = [...document.querySelectorAll("[data-find]")];

function filter() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const item of items) {
    const text = item.textContent.toLowerCase();
    item.hidden = !words.every((word) => text.includes(word));
    shown += item.hidden ? 0 : 1;
  }
  status.textContent = words.length ? `${shown} of ${items.length} shown` : "";
}

function toggle(open) {
  for (const one of document.querySelectorAll("details")) one.open = open;
}

// A link to a failure opens what it is in.
function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const around = target?.closest("details");
  if (around) {
    around.open = true;
    target.scrollIntoView();
  }
}

document.querySelector(".tools").hidden = false;
field.addEventListener("input", filter);
document.getElementById("open").addEventListener("click", () => toggle(true));
document.getElementById("close").addEventListener("click", () => toggle(false));
addEventListener("hashchange", reveal);
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target === field) {
    if (event.key === "Escape") {
      field.value = "";
      filter();
      field.blur();
    }
    return;
  }
  const step = { j: 1, k: -1 }[event.key];
  if (event.key === "/") {
    event.preventDefault();
    field.focus();
  } else if (step) {
    const causes = [...document.querySelectorAll("details.cause:not([hidden]) > summary")];
    const at = causes.indexOf(document.activeElement);
    causes[at < 0 ? (step > 0 ? 0 : causes.length - 1) : Math.min(Math.max(at + step, 0), causes.length - 1)]?.focus();
  }
});
reveal();
