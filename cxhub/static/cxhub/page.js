"use strict";

// The theme: the server writes the cookie's choice into the page, so that no page flashes; this only changes it.
function chooseTheme(theme) {
  const root = document.documentElement;
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `theme=${theme}; path=/; max-age=${theme ? 31536000 : 0}; samesite=lax${secure}`;
  if (theme) root.dataset.bsTheme = theme;
  else delete root.dataset.bsTheme;
  for (const button of document.querySelectorAll("[data-theme-switch] button")) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
  document.dispatchEvent(new CustomEvent("themechange"));
}

for (const group of document.querySelectorAll("[data-theme-switch]")) {
  group.hidden = false;
  group.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) chooseTheme(button.value);
  });
}

// Menus are <details>: a click elsewhere, another menu or Escape closes them.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    const held = menu.contains(document.activeElement);
    menu.open = false;
    if (held) menu.querySelector("summary").focus();
  }
});

// Filters that apply themselves: <form data-submit-on-change>; without script their button does it. In a menu several
// are chosen before its own button applies them.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-submit-on-change]");
  if (form && !event.target.closest("[data-menu-form]")) form.requestSubmit();
});

// What is empty, or as it is anyway, makes addresses long: <fieldset data-usual="the values that are ticked at first">.
document.addEventListener("formdata", (event) => {
  if (!event.target.matches("form[data-submit-on-change]")) return;
  const sent = event.formData;
  for (const [name, value] of [...sent]) {
    if (value === "") sent.delete(name);
  }
  for (const group of event.target.querySelectorAll("[data-usual]")) {
    const name = group.querySelector("input").name;
    if (sent.getAll(name).join(" ") === group.dataset.usual) sent.delete(name);
  }
});

// Rows that are ticked for what is done to them: <form data-chosen="name of the ticks">, with a tick for all of them.
for (const form of document.querySelectorAll("form[data-chosen]")) {
  const ticks = [...form.elements].filter((input) => input.name === form.dataset.chosen);
  const label = form.querySelector("[data-choose-all]");
  const all = label.querySelector("input");
  const say = () => {
    const chosen = ticks.filter((tick) => tick.checked).length;
    all.checked = chosen === ticks.length;
    all.indeterminate = chosen > 0 && chosen < ticks.length;
    for (const button of form.querySelectorAll("button[value=chosen]")) button.disabled = chosen === 0;
  };
  label.hidden = false;
  all.addEventListener("change", () => {
    for (const tick of ticks) tick.checked = all.checked;
    say();
  });
  for (const tick of ticks) tick.addEventListener("change", say);
  addEventListener("pageshow", say);
}

// Saying to what chooses what is done: <div data-picks="id of the radio button">.
document.addEventListener("input", (event) => {
  const picks = event.target.closest("[data-picks]");
  if (picks) document.getElementById(picks.dataset.picks).checked = true;
});

// A file that is too large is not even sent: <input type="file" data-largest="bytes" data-too-large="what it says">.
document.addEventListener("change", (event) => {
  if (!event.target.matches("input[type=file][data-largest]")) return;
  const file = event.target.files[0];
  const isTooLarge = file && file.size > Number(event.target.dataset.largest);
  event.target.setCustomValidity(isTooLarge ? event.target.dataset.tooLarge : "");
  event.target.reportValidity();
});

// A form that takes a while says so, and is sent once: <form data-busy>.
document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-busy]")) return;
  event.target.setAttribute("aria-busy", "true");
  for (const button of event.target.querySelectorAll("button")) button.disabled = true;
});

addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[aria-busy]")) {
    form.removeAttribute("aria-busy");
    for (const button of form.querySelectorAll("button")) button.disabled = false;
  }
});

// A page that comes back from memory says what its address says, not what was typed before leaving it.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-submit-on-change]")) form.reset();
});

// A table wider than its frame fades out where there is more of it, and where its names stay shows the column that it
// is sorted by.
const FADE = 40;

function hintAtMore(frame) {
  const left = frame.scrollWidth - frame.clientWidth - Math.abs(frame.scrollLeft);
  frame.toggleAttribute("data-more", left > 1);
}

function showSorted(frame) {
  const sorted = frame.querySelector("thead [aria-sort]");
  if (!sorted || getComputedStyle(sorted.parentElement.cells[0]).position !== "sticky") return;
  const [outer, inner] = [frame.getBoundingClientRect(), sorted.getBoundingClientRect()];
  if (inner.right > outer.right) frame.scrollLeft += inner.right - outer.right + FADE;
  else if (inner.left < outer.left) frame.scrollLeft -= outer.left - inner.left + FADE;
}

const frames = new ResizeObserver((entries) => entries.forEach((entry) => hintAtMore(entry.target)));

function watchFrames(root) {
  for (const frame of root.querySelectorAll(".table-frame")) {
    showSorted(frame);
    frames.observe(frame);
  }
}

watchFrames(document);
document.addEventListener("htmx:load", (event) => watchFrames(event.detail.elt.parentElement || document));
document.addEventListener("scroll", (event) => event.target.matches?.(".table-frame") && hintAtMore(event.target), true);
