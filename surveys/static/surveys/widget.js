"use strict";

// Shows a survey in a corner of the page that includes it. It is seen once its frame says how high it is: elsewhere than
// on the origin that it was made for browsers keep it out of the frame, and so it stays unseen.
(() => {
  const { src, dataset } = document.currentScript;
  const [address, key] = src.match(/^(.*)w\/([^/]+)\.js/).slice(1);
  const { openBy, delay = openBy ? undefined : 10, days = 90, language = "", title = "", close = "×" } = dataset;
  const KEPT = `cxhub-survey-${key}`;
  const DAY = 86_400_000;
  let panel;
  let frame;
  let opener;

  // Storage may be forbidden.
  function wasSeen() {
    try {
      return Number(localStorage.getItem(KEPT)) > Date.now();
    } catch {
      return false;
    }
  }

  function remember() {
    try {
      localStorage.setItem(KEPT, Date.now() + days * DAY);
    } catch {}
  }

  function made(name, style, more) {
    const one = Object.assign(document.createElement(name), more);
    Object.assign(one.style, style);
    return one;
  }

  function load() {
    if (panel) return;
    panel = made("div", {
      position: "fixed",
      insetBlockEnd: "1rem",
      insetInlineEnd: "1rem",
      zIndex: 2147483647,
      inlineSize: "min(26rem, calc(100vw - 2rem))",
      overflow: "hidden",
      visibility: "hidden",
      font: "1rem/1.5 system-ui, sans-serif",
      colorScheme: "light dark",
      color: "CanvasText",
      background: "Canvas",
      border: "1px solid GrayText",
      borderRadius: "0.75rem",
      boxShadow: "0 0.5rem 2rem rgb(0 0 0 / 25%)",
    });
    panel.role = "dialog";
    panel.ariaLabel = title;
    const bar = made("div", { display: "flex", alignItems: "center", paddingInlineStart: "1rem" });
    const button = made(
      "button",
      {
        inlineSize: "2.75rem",
        blockSize: "2.75rem",
        marginInlineStart: "auto",
        font: "1.5rem/1 system-ui",
        color: "inherit",
        background: "none",
        border: 0,
        outlineOffset: "-3px",
        cursor: "pointer",
      },
      { type: "button", textContent: "×", ariaLabel: close, onclick: dismiss },
    );
    bar.append(made("strong", {}, { textContent: title }), button);
    const page = `${address}${key}/${language && `?language=${language}`}`;
    frame = made("iframe", { display: "block", inlineSize: "100%", border: 0 }, { src: page, title });
    // What the page says of its own elements stays outside.
    panel.attachShadow({ mode: "open" }).append(bar, frame);
    document.body.append(panel);
  }

  function show() {
    if (panel.style.visibility === "visible") return;
    panel.style.visibility = "visible";
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) panel.animate({ opacity: [0, 1] }, 200);
    if (opener) frame.focus();
  }

  function dismiss() {
    remember();
    const hadFocus = document.activeElement === panel;
    panel.remove();
    panel = undefined;
    if (hadFocus) opener?.focus();
    opener = undefined;
  }

  addEventListener("message", ({ source, origin, data }) => {
    if (!panel || source !== frame.contentWindow || origin !== new URL(src).origin) return;
    if (data.type === "dismissed") return dismiss();
    if (data.type === "done") return remember();
    frame.style.blockSize = `min(${Number(data.height)}px, calc(100vh - 6rem))`;
    show();
  });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && panel?.style.visibility === "visible" && !event.defaultPrevented) dismiss();
  });
  if (openBy) {
    addEventListener("click", (event) => {
      const asked = event.target.closest?.(openBy);
      if (!asked) return;
      opener = asked;
      load();
    });
  }
  if (delay !== undefined) setTimeout(() => wasSeen() || load(), delay * 1000);
})();
