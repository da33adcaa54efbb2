"use strict";

// Copies the words of the element that it names: <button data-copy="its id" data-copied="Copied">.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.querySelector("[aria-live]").textContent = button.dataset.copied;
  });
}
