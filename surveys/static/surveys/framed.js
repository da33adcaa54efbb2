"use strict";

// In the web page of a customer: tells that page alone how high this one is, that it was answered, that Escape was pressed.
(() => {
  const { origin, done } = document.currentScript.dataset;
  const body = document.querySelector(".survey-body");
  if (window.parent === window) return;

  function tell(type, more) {
    window.parent.postMessage({ type, ...more }, origin);
  }

  new ResizeObserver(() => tell("height", { height: body.offsetHeight })).observe(body);
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") tell("dismissed");
  });
  if (done !== undefined) tell("done");
})();
