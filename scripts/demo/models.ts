import { join } from 'node:path';

/** The demo: a checkpoint, two adapters, their exports, and what was measured of them. */
export const MODELS = join(import.meta.dirname, '../../models');

/** The adapters: trained on scrambled prompts, and on clean ones. */
export type FineTune = 'ft' | 'control';

/** How a prompt is given. */
export type Form = 'clean' | 'scrambled';
