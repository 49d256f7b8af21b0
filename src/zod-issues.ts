import type { ZodError } from 'zod';

/** Complaints listed; more do not help. */
const SHOWN = 3;

/** Characters of one complaint: an unknown key can be as long as the file. */
const COMPLAINT_LENGTH = 200;

/** What a schema found wrong, in one line: `files[2].bytes: expected number`. */
export function issueText({ issues }: ZodError): string {
  const shown = issues.slice(0, SHOWN).map(({ path, message }) => {
    const place = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
    const complaint = place === '' ? message : `${place.replace(/^\./, '')}: ${message}`;
    return complaint.slice(0, COMPLAINT_LENGTH);
  });
  const more = issues.length - shown.length;
  return shown.join('; ') + (more > 0 ? `; and ${more} more` : '');
}
