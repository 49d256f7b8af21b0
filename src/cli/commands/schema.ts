import type { Command } from '@commander-js/extra-typings';
import { helpConfiguration } from '../help.ts';
import { oneOf } from '../options.ts';
import { writeData } from '../output.ts';

const HELP = {
  examples: [
    ['ft-lens schema > report.schema.json', 'the schema of `ft-lens analyze --json`'],
    ['ft-lens schema manifest', 'the schema of the manifest.json of an export'],
  ],
  next: 'Next: ft-lens analyze --json',
} as const;

export function addSchemaCommand(program: Command): void {
  program
    .command('schema')
    .description('Print the JSON Schema of what ft-lens writes.')
    .argument('[of]', 'report or manifest', oneOf('schema', ['report', 'manifest']), 'report')
    .configureHelp(helpConfiguration(HELP))
    .action(async (of) => {
      const [z, schema] = await Promise.all([import('zod'), schemaOf(of)]);
      await writeData(`${JSON.stringify(z.toJSONSchema(schema), null, 2)}\n`, undefined);
    });
}

async function schemaOf(name: 'report' | 'manifest') {
  if (name === 'report') return (await import('../../report/schema.ts')).reportSchema;
  return (await import('../../export/folder/manifest.ts')).manifestSchema;
}
