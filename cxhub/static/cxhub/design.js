"use strict";

// Shows each token by what it does. Only here: pages take tokens in stylesheets.
for (const swatch of document.querySelectorAll("[data-token]")) {
  const value = `var(--${swatch.dataset.token})`;
  if (swatch.matches(".swatch-colour, .swatch-chart")) swatch.style.background = value;
  if (swatch.matches(".swatch-space")) swatch.style.inlineSize = value;
  if (swatch.dataset.token.startsWith("radius")) swatch.style.borderRadius = value;
  if (swatch.matches('[data-token^="shadow"], [data-token="focus"]')) swatch.style.boxShadow = value;
}
