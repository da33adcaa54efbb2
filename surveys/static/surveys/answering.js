"use strict";

// The page works without this: it shows what comes by an answer at once, and keeps what is written while it is written.
const form = document.querySelector("form[data-answers]");
const state = form.querySelector(".survey-state");
const PAUSE = 800;
let waiting = 0;
let isChanged = false;

// As surveys/flow.py counts them: numbers of scales, keys of options, "yes" and "no".
function answerOf(asked) {
  const inputs = [...asked.querySelectorAll("input:not([name^=_]), select, textarea")];
  const chosen = inputs.filter((one) => !/radio|checkbox/.test(one.type) || one.checked).map((one) => one.value);
  switch (asked.dataset.kind) {
    case "several":
      return chosen;
    case "consent":
      return [inputs[0].checked ? "yes" : "no"];
    case "ranking":
    case "contact":
      return [];
    default:
      return chosen.filter((value) => value !== "");
  }
}

// As the server reads numbers, in any digits.
function numberOf(text) {
  const latin = text.trim().replace(/[٠-٩۰-۹]/g, (digit) => digit.charCodeAt(0) % 16).replace("−", "-");
  return Number(latin);
}

function holds(condition, answers, kinds) {
  const given = answers[condition.question] || [];
  if (!given.length) return false;
  if (condition.one_of.length) return given.some((one) => condition.one_of.includes(one));
  if (!["scale", "number"].includes(kinds[condition.question])) return false;
  const number = numberOf(given[0]);
  const isAbove = condition.least === null || number >= condition.least;
  return Number.isInteger(number) && isAbove && (condition.most === null || number <= condition.most);
}

function showWhatComes() {
  const answers = {};
  const kinds = {};
  const seen = [];
  for (const asked of form.querySelectorAll("[data-key]")) {
    const { key, kind, conditions } = asked.dataset;
    kinds[key] = kind;
    asked.hidden = !JSON.parse(conditions).every((one) => holds(one, answers, kinds));
    if (asked.hidden) continue;
    answers[key] = answerOf(asked);
    seen.push(key);
  }
  form.elements._seen.value = seen.join(" ");
}

async function save() {
  clearTimeout(waiting);
  if (!isChanged) return;
  isChanged = false;
  const body = new URLSearchParams(new FormData(form));
  body.set("_step", "save");
  try {
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body, keepalive: String(body).length < 60000 });
    state.textContent = answer.ok ? form.dataset.keeps : form.dataset.fails;
    isChanged ||= !answer.ok;
  } catch {
    isChanged = true;
    state.textContent = form.dataset.fails;
  }
}

form.addEventListener("input", () => {
  showWhatComes();
  if (!("keeps" in form.dataset)) return;
  isChanged = true;
  state.textContent = "";
  clearTimeout(waiting);
  waiting = setTimeout(save, PAUSE);
});
form.addEventListener("submit", () => {
  isChanged = false;
  clearTimeout(waiting);
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) save();
});

const send = form.querySelector("[data-send]");
send.textContent = send.dataset.send;
showWhatComes();
