import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { deviceError, type FtLensError } from '../../errors.ts';

/** A graphics card as nvidia-smi describes it. */
export interface Gpu {
  readonly uuid: string;
  readonly name: string;
  /** bytes; undefined where the card shares the machine's memory and does not say */
  readonly totalBytes: number | undefined;
  readonly freeBytes: number | undefined;
  /** such as 9.0 */
  readonly computeCapability: number | undefined;
  readonly driver: string | undefined;
}

/** The oldest cards for which the provider holds code: Turing. */
export const OLDEST_COMPUTE_CAPABILITY = 7.5;

type Environment = Readonly<Record<string, string | undefined>>;

const FIELDS = ['uuid', 'name', 'memory.total', 'memory.free', 'compute_cap', 'driver_version'] as const;

/** Where it stands when it is not on the PATH: of a distribution, in WSL, in containers. */
const USUAL_PLACES = ['/usr/bin', '/usr/lib/wsl/lib', '/usr/local/nvidia/bin', '/opt/nvidia/bin'];

/** Without the persistence daemon a first call can take seconds, ms. */
const TIMEOUT_MS = 20_000;

const MEBIBYTE = 2 ** 20;

/**
 * The cards that this process may use, in the order of CUDA_VISIBLE_DEVICES.
 * @returns undefined when there is no nvidia-smi to ask, or only CUDA knows what is meant: then only a session tells
 */
export async function findGpus(
  environment: Environment = process.env,
  places: readonly string[] = USUAL_PLACES,
): Promise<readonly Gpu[] | undefined | FtLensError> {
  const program = await findProgram('nvidia-smi', [...(environment['PATH'] ?? '').split(delimiter), ...places]);
  if (program === undefined) return undefined;
  const { text, failed } = await query(program, environment);
  if (failed) return noCard(program, text);
  const visible = visibleGpus(parseGpus(text), environment);
  if (visible === undefined || visible.length > 0) return visible;
  const hidden = environment['CUDA_VISIBLE_DEVICES'];
  return noCard(program, hidden === undefined ? 'no card in its list' : `CUDA_VISIBLE_DEVICES="${hidden}" hides all`);
}

function noCard(program: string, got: string): FtLensError {
  return deviceError('The NVIDIA driver finds no card.', {
    where: program,
    expected: 'a card that this process may use',
    got,
    remedy: 'check nvidia-smi and CUDA_VISIBLE_DEVICES',
  });
}

async function findProgram(name: string, folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    if (folder === '') continue;
    const path = join(folder, name);
    const runs = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return path;
  }
  return undefined;
}

function query(program: string, environment: Environment): Promise<{ text: string; failed: boolean }> {
  return new Promise((resolve) => {
    execFile(
      program,
      [`--query-gpu=${FIELDS.join(',')}`, '--format=csv,noheader,nounits'],
      { env: { ...environment, LC_ALL: 'C' }, timeout: TIMEOUT_MS, killSignal: 'SIGKILL' },
      (error, stdout, stderr) => {
        const said = `${stdout}\n${stderr}`.trim().split('\n')[0];
        if (error === null) resolve({ text: stdout, failed: false });
        else resolve({ text: said || (error.killed ? 'no answer' : error.message), failed: true });
      },
    );
  });
}

/** A line a card, values separated by commas; names hold none. What a card does not know is `[N/A]`. */
export function parseGpus(text: string): Gpu[] {
  const gpus: Gpu[] = [];
  for (const line of text.split('\n')) {
    const values = line.split(',').map((value) => value.trim());
    const [uuid = '', name = '', total, free, capability, driver] = values;
    if (values.length < FIELDS.length || !uuid.startsWith('GPU-')) continue;
    gpus.push({
      uuid,
      name,
      totalBytes: numberIn(total, MEBIBYTE),
      freeBytes: numberIn(free, MEBIBYTE),
      computeCapability: numberIn(capability, 1),
      driver: driver?.startsWith('[') ? undefined : driver,
    });
  }
  return gpus;
}

function numberIn(text: string | undefined, unit: number): number | undefined {
  const number = Number.parseFloat(text ?? '');
  return Number.isFinite(number) ? number * unit : undefined;
}

/**
 * The cards that CUDA_VISIBLE_DEVICES leaves: numbers or beginnings of UUIDs, up to the first that names none.
 * @param gpus in the order of nvidia-smi, which is that of the PCI bus
 * @returns undefined for what only CUDA understands: parts of a card (MIG), and numbers of cards of several kinds, which
 * CUDA counts by their speed unless CUDA_DEVICE_ORDER says otherwise
 */
export function visibleGpus(gpus: readonly Gpu[], environment: Environment): readonly Gpu[] | undefined {
  const variable = environment['CUDA_VISIBLE_DEVICES'];
  if (variable === undefined) return gpus;
  const sameOrder =
    environment['CUDA_DEVICE_ORDER'] === 'PCI_BUS_ID' || gpus.every(({ name }) => name === gpus[0]?.name);
  const visible: Gpu[] = [];
  for (const word of variable.split(',').map((part) => part.trim())) {
    const isNumber = /^\d+$/.test(word);
    if (word.startsWith('MIG-') || (isNumber && !sameOrder)) return undefined;
    const gpu = isNumber
      ? gpus[Number(word)]
      : gpus.find(({ uuid }) => word.startsWith('GPU-') && uuid.startsWith(word));
    if (gpu === undefined) break;
    visible.push(gpu);
  }
  return visible;
}
