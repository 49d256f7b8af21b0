/** A piece of HTML. Everything that a template puts into it is escaped, unless it is such a piece itself. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Content = Markup | string | number | readonly Markup[];

/** `` html`<p>${text}</p>` ``: the only way in which text becomes HTML. */
export function html(strings: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  return new Markup(strings.reduce((text, string, index) => text + markupOf(contents[index - 1] ?? '') + string));
}

/** Characters that could end a text or an attribute in quotes become references. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/**
 * A value as JSON that may stand in a `<script>`: no text in it can end the element, begin a comment or break a line of
 * script, and every JSON reader turns it back.
 */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[<>&\u2028\u2029]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function markupOf(content: Content): string {
  if (content instanceof Markup) return content.text;
  if (typeof content === 'object') return content.map(({ text }) => text).join('');
  return escapeHtml(String(content));
}
