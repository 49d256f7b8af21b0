/** Controls, and marks that separate lines or turn their direction. */
const OBEYED = /[^\P{Cc}\n]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;
/** ft-lens itself sets right-to-left text apart; what it opens, it closes. */
const ISOLATED = /\u2068([^\u2066-\u2069\n]*)\u2069/g;
/** How ft-lens itself puts the cursor into a column of a table on a terminal. */
const TO_COLUMN = new RegExp(String.raw`\u001b\[\d+G`, 'g');

/** Whether a text for people holds anything that a terminal would obey instead of showing it. */
export function isObeyed(text: string, { columns = false } = {}): boolean {
  const shown = (columns ? text.replaceAll(TO_COLUMN, '') : text).replaceAll(ISOLATED, '$1');
  return OBEYED.test(shown);
}
