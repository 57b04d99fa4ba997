// Turns one piece of the page into another and touches nothing that stays the same, so that a selection, the
// focus and what a reader has opened survive while text streams in.

function morph(now, next) {
  if (now.nodeType === Node.TEXT_NODE) {
    // Appending, not replacing, keeps a selection in the text that stands already.
    if (next.data.startsWith(now.data)) now.appendData(next.data.slice(now.data.length));
    else now.data = next.data;
    return;
  }
  morphAttributes(now, next);
  if (!now.hasAttribute("data-slot")) morphChildren(now, next);
}

function morphAttributes(now, next) {
  const opened = next.getAttribute("data-open");
  if (opened !== null && opened !== now.getAttribute("data-open") && !now.hasAttribute("data-touched")) {
    now.open = opened === "1";
  }
  for (const { name } of [...now.attributes]) {
    if (!next.hasAttribute(name) && name !== "open" && name !== "data-touched") now.removeAttribute(name);
  }
  for (const { name, value } of next.attributes) {
    if (now.getAttribute(name) !== value) now.setAttribute(name, value);
  }
}

function morphChildren(now, next) {
  const wanted = [...next.childNodes];
  wanted.forEach((node, place) => {
    const old = now.childNodes[place];
    if (!old) now.append(fresh(node));
    else if (old.nodeName !== node.nodeName) old.replaceWith(fresh(node));
    else morph(old, node);
  });
  while (now.childNodes.length > wanted.length) now.lastChild.remove();
}

function fresh(node) {
  const made = node.cloneNode(true);
  if (made.nodeType === Node.ELEMENT_NODE) {
    for (const one of [made, ...made.querySelectorAll("details")]) {
      if (one.dataset.open === "1") one.open = true;
    }
  }
  return made;
}

function morphHtml(place, html) {
  if (place.shownHtml === html) return;
  place.shownHtml = html;
  const next = document.createElement("template");
  next.innerHTML = html;
  morphChildren(place, next.content);
}
