import { expect, it } from 'vitest';
import { html, scriptJson } from '../../../src/render/html/markup.ts';

it('escapes text, and leaves markup as it is', () => {
  const inner = html`<b>${'<i>'}</b>`;
  expect(html`<p title="${'"&\''}">${inner}${[inner, inner]}${3}</p>`.text).toBe(
    '<p title="&#34;&#38;&#39;"><b>&#60;i&#62;</b><b>&#60;i&#62;</b><b>&#60;i&#62;</b>3</p>',
  );
});

it('JSON in a script has nothing that HTML or a line end could see, and reads back the same', () => {
  const value = { text: '</script><!--&\u2028\u2029' };
  expect(scriptJson(value)).not.toMatch(/[<>&\u2028\u2029]/);
  expect(JSON.parse(scriptJson(value))).toEqual(value);
});
