import { describe, expect, it } from 'vitest';
import { measure } from '../../../scripts/bench/measure.ts';

const node = (script: string): string[] => [process.execPath, '--eval', script];

// Starting Node.js takes seconds on a busy machine.
describe('measuring a command', { timeout: 60_000 }, () => {
  it('counts the time and the memory of the processes that it starts', async () => {
    const child = `
      const bytes = Buffer.alloc(200e6, 1);
      const end = process.cpuUsage().user + 500_000;
      while (process.cpuUsage().user < end);
      console.log(bytes.length);`;
    const run = await measure(
      node(
        `process.stdout.write(require('child_process').execFileSync(process.execPath, ['--eval', ${JSON.stringify(child)}]))`,
      ),
    );
    expect(run.stdout).toBe('200000000\n');
    expect(run.cpuSeconds).toBeGreaterThan(0.5);
    expect(run.wallSeconds).toBeGreaterThan(0.5);
    expect(run.peakAnonymousBytes).toBeGreaterThan(200e6);
    // Two processes of Node.js need less than 150 MB besides.
    expect(run.peakAnonymousBytes).toBeLessThan(350e6);
    expect(run.peakResidentBytes).toBeGreaterThan(run.peakAnonymousBytes);
  });

  it('fails as the command does, with its last words', async () => {
    await expect(measure(node(`console.error('no model'); process.exit(3)`))).rejects.toThrow(
      /ended with 3:\nno model/,
    );
  });
});
