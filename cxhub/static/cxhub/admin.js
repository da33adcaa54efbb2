"use strict";

// What a search field has chosen is read out with the name of the field, which select2 leaves out while it is empty.
function nameChoices(root) {
  for (const select of root.querySelectorAll("select.admin-autocomplete[id]")) {
    const label = document.querySelector(`label[for="${select.id}"]`);
    const name = (label ? label.textContent : select.getAttribute("aria-label") || "").trim().replace(/:$/, "");
    const shown = document.getElementById(`select2-${select.id}-container`);
    if (!shown || !name) continue;
    shown.setAttribute("aria-label", name);
    shown.closest("[role=combobox]")?.setAttribute("aria-label", name);
  }
}

// After select2, whose turn is the same event.
window.django?.jQuery?.(() => nameChoices(document));
document.addEventListener("formset:added", (event) => setTimeout(() => nameChoices(event.target)));
