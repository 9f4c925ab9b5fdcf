// Makes elements of HTML and SVG.

const SVG = "http://www.w3.org/2000/svg";

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function html(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

// Makes the element of each thing once. Things are the same if `keyOf` is.
export function once(make, keyOf = (thing) => thing) {
  const made = new Map();
  return (thing) => {
    const key = keyOf(thing);
    if (!made.has(key)) made.set(key, make(thing));
    return made.get(key);
  };
}

// Gives an element these children. Those that it has already are not moved, and so keep the focus.
export function setChildren(parent, children) {
  const wanted = new Set(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  children.forEach((child, place) => {
    const there = parent.children[place];
    if (there !== child) parent.insertBefore(child, there || null);
  });
}

export function text(x, y, words, attributes = {}) {
  return svg("text", { x, y, ...attributes }, words);
}
