// Keeps the part of the page that changes fresh from the server's events. Without this script the page is the same,
// only still. What comes is parsed without being run, and is put in place piece by piece, so that focus, selection and
// scrolling stay where they are.
(() => {
  "use strict";
  const live = document.getElementById("live");
  const connection = document.getElementById("connection");
  if (!live || !connection || !window.EventSource) return;
  const again = 5000;

  const alike = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && (a.id || "") === (b.id || "");

  const patchAttributes = (old, fresh) => {
    for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
    for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  };

  const patchChildren = (old, fresh) => {
    const wanted = [...fresh.childNodes];
    wanted.forEach((node, i) => {
      const now = old.childNodes[i];
      if (!now) old.append(node);
      else if (!alike(now, node)) now.replaceWith(node);
      else if (now.nodeType === Node.TEXT_NODE) {
        if (now.data !== node.data) now.data = node.data;
      } else if (now.nodeType === Node.ELEMENT_NODE) {
        patchAttributes(now, node);
        patchChildren(now, node);
      }
    });
    while (old.childNodes.length > wanted.length) old.lastChild.remove();
  };

  const show = (html) => {
    const focused = document.activeElement && document.activeElement.id;
    patchChildren(live, new DOMParser().parseFromString(html, "text/html").body);
    if (focused && (!document.activeElement || document.activeElement.id !== focused)) {
      const same = document.getElementById(focused);
      if (same) same.focus({ preventScroll: true });
    }
  };

  const say = (on) => {
    const text = on ? connection.dataset.fresh : connection.dataset.lost;
    connection.classList.toggle("on", on);
    connection.classList.toggle("off", !on);
    if (connection.textContent !== text) connection.textContent = text;
  };

  const listen = () => {
    const source = new EventSource(live.dataset.events);
    source.onopen = () => say(true);
    source.onmessage = (event) => {
      say(true);
      show(JSON.parse(event.data).html);
    };
    source.onerror = () => {
      say(false);
      // The browser tries again by itself, but not after an answer that was no stream.
      if (source.readyState === EventSource.CLOSED) setTimeout(listen, again);
    };
    addEventListener("pagehide", () => source.close(), { once: true });
  };
  listen();
  // A page that comes back from the browser's memory has lost its stream.
  addEventListener("pageshow", (event) => {
    if (event.persisted) listen();
  });
})();

// Signs out, and leads to the page where one signs in.
(() => {
  "use strict";
  const out = document.getElementById("out");
  if (!out) return;
  out.hidden = false;
  out.addEventListener("click", async () => {
    out.disabled = true;
    try {
      const answer = await fetch("/api/v1/session", { method: "DELETE", credentials: "same-origin" });
      if (!answer.ok && answer.status !== 401) throw new Error();
      location.assign("/sign-in?lang=" + document.documentElement.lang);
    } catch {
      out.textContent = out.dataset.failed;
      out.disabled = false;
    }
  });
})();
