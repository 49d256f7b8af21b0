/**
 * A strict reader of RFC 4180 with LF line ends: a quote only opens a field at its beginning, and only a comma, a line
 * end or a second quote follows one that closes it.
 *
 * @returns an object a record, its fields by the names of the header
 */
export function parseCsv(text: string): Record<string, string>[] {
  const field = /(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)/y;
  const records: string[][] = [[]];
  while (field.lastIndex < text.length) {
    const at = field.lastIndex;
    const match = field.exec(text);
    if (match === null) throw new Error(`no field at ${at}: ${JSON.stringify(text.slice(at, at + 40))}`);
    const [, quoted, plain = '', end] = match;
    records.at(-1)?.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === '\n') records.push([]);
  }
  const [header = [], ...rows] = records.slice(0, -1);
  return rows.map((row) => {
    if (row.length !== header.length) throw new Error(`${row.length} fields: ${JSON.stringify(row)}`);
    return Object.fromEntries(header.map((name, index) => [name, row[index] ?? '']));
  });
}
