import type { Command } from '@commander-js/extra-typings';
import { helpConfiguration } from '../help.ts';
import { withReportOutput } from '../report-output.ts';

const HELP = {
  examples: [
    ['ft-lens render report.json', 'the table of a report that analyze --json has saved'],
    ['ft-lens render report.json --layers all --width 160', 'every layer, with the runners-up in the row'],
    ['ft-lens render report.json --format html -o report.html', 'a page with maps, for any browser, offline'],
    ['ft-lens render report.json --format csv -o report.csv', 'every number in a row of its own'],
  ],
  next: 'Next: ft-lens schema describes what a report holds.',
} as const;

export function addRenderCommand(program: Command): void {
  const command = program
    .command('render')
    .description('Show a saved JSON report as a table, CSV or HTML, without the models.')
    .argument('<report>', 'a file that ft-lens analyze --json has written')
    .configureHelp(helpConfiguration(HELP));
  withReportOutput(command).action(async (report, options) => {
    const { runRender } = await import('../run/render.ts');
    await runRender(report, options);
  });
}
