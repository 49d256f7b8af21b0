import { chooseDevice } from '../../analysis/device.ts';
import { FtLensError } from '../../errors.ts';
import { freeBytes } from '../../export/folder/disk-space.ts';
import { jsonDocument } from '../../render/json.ts';
import { CUDA_LIBRARIES } from '../../setup/cuda/pinned.ts';
import { type CudaMachine, examineCuda, usableCuda } from '../../setup/cuda-availability.ts';
import { cudaChecks } from '../../setup/doctor/cuda-checks.ts';
import { diskCheck, memoryCheck, nodeCheck, runtimeCheck, vulkanCheck } from '../../setup/doctor/machine-checks.ts';
import { type DoctorCheck, type DoctorReport, doctorReportSchema } from '../../setup/doctor/report.ts';
import { readMemory } from '../../setup/machine/memory.ts';
import { findRuntimeCopies } from '../../setup/machine/runtime-copies.ts';
import { findVulkan } from '../../setup/machine/vulkan.ts';
import { OLDEST_NODE, VERSION } from '../../version.ts';
import { doctorText } from '../describe/doctor.ts';
import { demoCheck } from '../doctor/demo-check.ts';
import { startRuntime } from '../doctor/runtime.ts';
import { interruptSignal } from '../interrupt.ts';
import { writeData } from '../output.ts';
import { progressOf, type StderrOptions } from '../progress.ts';
import { isAccessible, tableWidth, usesColour } from '../terminal.ts';

export interface DoctorOptions extends StderrOptions {
  readonly device: 'auto' | 'cpu' | 'cuda' | 'webgpu';
  readonly deep?: true | undefined;
  readonly json?: true | undefined;
}

const UNUSABLE_EXIT_CODE = 3;

/** `ft-lens doctor`: what this machine can run. The exit code says whether the device that was asked for can be used. */
export async function runDoctor(options: DoctorOptions): Promise<void> {
  const progress = progressOf(options);
  try {
    progress.status('doctor', 'looking at this machine');
    const report = await examine(options, (text) => progress.status('doctor', text));
    progress.end();
    interruptSignal.throwIfAborted();
    const style = {
      colour: usesColour(process.stdout, process.env, !options.color),
      accessible: isAccessible(process.env),
      width: tableWidth(process.stdout, process.env, undefined),
    };
    await writeData(options.json ? jsonDocument(report, 2) : doctorText(report, style), undefined);
    if (!isUsable(report, options.device)) process.exitCode = UNUSABLE_EXIT_CODE;
  } finally {
    progress.end();
  }
}

async function examine({ device, deep }: DoctorOptions, status: (text: string) => void): Promise<DoctorReport> {
  const [started, cuda, vulkan, demo, free] = await Promise.all([
    startRuntime(),
    examineCuda(),
    process.platform === 'linux' ? findVulkan() : undefined,
    demoCheck(),
    freeBytes(process.cwd()),
  ]);
  const checks: DoctorCheck[] = [
    nodeCheck(process.versions.node, OLDEST_NODE),
    runtimeCheck(findRuntimeCopies(), started, CUDA_LIBRARIES.onnxruntime),
    memoryCheck(readMemory()),
    diskCheck(process.cwd(), free),
    demo,
    ...cudaChecks(cuda),
    vulkanCheck(vulkan),
  ];
  const chosen = await chooseDevice('auto', () => Promise.resolve(cuda));
  const auto = chosen.device.kind === 'cuda' ? 'cuda' : 'cpu';
  const detail = chosen.detail === undefined ? '' : ` (${chosen.detail})`;
  checks.push({ id: 'auto', status: 'pass', text: auto + detail });
  if (deep) checks.push(...(await deepChecks(cuda, device, status)));
  return doctorReportSchema.parse({
    schema: 'ft-lens.doctor',
    schemaVersion: '1.0',
    tool: { name: 'ft-lens', version: VERSION, node: process.versions.node },
    checks,
    devices: {
      cpu: !checks.some(({ id, status: found }) => (id === 'node' || id === 'runtime') && found === 'fail'),
      cuda: !(usableCuda(cuda) instanceof FtLensError),
      webgpu: checks.some(({ id, status: found }) => id === 'vulkan' && found === 'pass'),
    },
    auto,
  });
}

async function deepChecks(
  { libraries }: CudaMachine,
  device: DoctorOptions['device'],
  status: (text: string) => void,
): Promise<DoctorCheck[]> {
  const { librariesCheck, readingCheck } = await import('../doctor/deep-checks.ts');
  const checks: DoctorCheck[] = [];
  if (!(libraries instanceof FtLensError)) {
    status('comparing the CUDA libraries with their hashes');
    checks.push(await librariesCheck(libraries));
  }
  status('reading the demo pair');
  return [...checks, await readingCheck(device)];
}

/** `auto` can be used when the CPU can. A deep check that fails speaks for every device. */
function isUsable({ devices, checks }: DoctorReport, device: DoctorOptions['device']): boolean {
  const deep = checks.filter(({ id }) => id === 'libraries' || id === 'reading');
  return devices[device === 'auto' ? 'cpu' : device] && deep.every(({ status }) => status !== 'fail');
}
