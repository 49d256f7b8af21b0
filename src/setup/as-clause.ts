/** A sentence as a part of another: `there is no NVIDIA driver`. Abbreviations keep their capitals. */
export function asClause(sentence: string): string {
  return sentence.replace(/\.$/, '').replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase());
}
