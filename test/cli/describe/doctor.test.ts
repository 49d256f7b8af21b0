import { expect, test } from 'vitest';
import { doctorText } from '../../../src/cli/describe/doctor.ts';
import type { DoctorReport } from '../../../src/setup/doctor/report.ts';

const REPORT: DoctorReport = {
  schema: 'ft-lens.doctor',
  schemaVersion: '1.0',
  tool: { name: 'ft-lens', version: '0.1.0', node: '20.20.2' },
  checks: [
    { id: 'node', status: 'pass', text: '20.20.2 (needs 20.19)' },
    { id: 'memory', status: 'warn', text: '8.0 GB' },
    { id: 'cuda', status: 'fail', text: 'not set up', remedy: 'ft-lens setup cuda' },
    { id: 'vulkan', status: 'absent', text: 'no loader\u001B[31m' },
  ],
  devices: { cpu: true, cuda: false, webgpu: false },
  auto: 'cpu',
};

test('a line a check, what to do below it, and nothing that a terminal would obey', () => {
  expect(doctorText(REPORT, { colour: false, accessible: false, width: undefined })).toBe(
    [
      '✓ node      20.20.2 (needs 20.19)',
      '! memory    8.0 GB',
      '✗ cuda      not set up',
      '            → ft-lens setup cuda',
      '- vulkan    no loader\\x1B[31m',
      '',
    ].join('\n'),
  );
});

test('for a screen reader, sentences without marks', () => {
  const text = doctorText(REPORT, { colour: false, accessible: true, width: undefined });
  expect(text.split('\n')[2]).toBe('cuda: failed. not set up. What to do: ft-lens setup cuda.');
  expect(text).not.toMatch(/[✓✗→]/);
});

test('in a narrow terminal, lines are broken between words, below their beginning', () => {
  const checks: DoctorReport['checks'] = [
    { id: 'gpu', status: 'fail', text: 'no card at all', remedy: 'bring one here' },
  ];
  expect(doctorText({ ...REPORT, checks }, { colour: false, accessible: false, width: 24 })).toBe(
    [
      '✗ gpu       no card at', //
      '            all',
      '            → bring one',
      '              here',
      '',
    ].join('\n'),
  );
});
