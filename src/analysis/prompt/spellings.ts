/**
 * The ways to write a word that a vocabulary may hold as tokens of their own: as it is typed, in lower case, capitalised
 * and in upper case, each with and without the blank that begins a word within a text. What was typed comes first.
 */
export function spellings(text: string): string[] {
  const word = text.replace(/^ +/, '');
  if (word === '') return [text];
  const [first = '', ...rest] = word.toLowerCase();
  const cases = [word, word.toLowerCase(), first.toUpperCase() + rest.join(''), word.toUpperCase()];
  return [...new Set([text, ...cases.flatMap((spelling) => [spelling, ` ${spelling}`])])];
}
