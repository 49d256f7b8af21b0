type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** A new element. Text becomes text, never markup; an attribute that is undefined or false is left out. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const created = document.createElement(tag);
  setAttributes(created, attributes);
  created.append(...children);
  return created;
}

/** A new element of a drawing. */
export function shape<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): SVGElementTagNameMap[Tag] {
  const created = document.createElementNS('http://www.w3.org/2000/svg', tag);
  setAttributes(created, attributes);
  created.append(...children);
  return created;
}

/** A part of the page with its heading. */
export function section(id: string, title: string, ...children: readonly (Node | string)[]): HTMLElement {
  return element('section', { id, 'aria-label': title }, element('h2', {}, title), ...children);
}

/** A table that scrolls within itself when it is wider than the page; the keyboard can scroll it too. */
export function scrolling(label: string, child: Node): HTMLElement {
  return element('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': label }, child);
}

/** A bar in a list or a table; the share is 0..1. */
export function bar(share: number, kind: string): HTMLElement {
  const filled = element('span', { class: `bar ${kind}`, 'aria-hidden': 'true' });
  filled.style.width = `${(100 * Math.min(1, Math.max(0, share))).toFixed(2)}%`;
  return filled;
}

/** A token, kept apart from the direction of the text around it. */
export function tokenText(text: string): HTMLElement {
  return element('span', { class: 'token' }, text);
}

function setAttributes(target: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) target.setAttribute(name, value === true ? '' : String(value));
  }
}
