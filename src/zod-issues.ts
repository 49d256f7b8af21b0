import type { ZodError } from 'zod';

/** Complaints listed; more do not help. */
const SHOWN = 3;

/** What a schema found wrong, in one line: `files[2].bytes: expected number`. */
export function issueText({ issues }: ZodError): string {
  const shown = issues.slice(0, SHOWN).map(({ path, message }) => {
    const place = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
    return place === '' ? message : `${place.replace(/^\./, '')}: ${message}`;
  });
  const more = issues.length - shown.length;
  return shown.join('; ') + (more > 0 ? `; and ${more} more` : '');
}
